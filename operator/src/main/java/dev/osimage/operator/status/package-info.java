/** How outcomes become conditions and events. */
@NullMarked
package dev.osimage.operator.status;

import org.jspecify.annotations.NullMarked;
