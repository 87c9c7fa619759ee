/** The operator process: wiring and settings. */
@NullMarked
package dev.osimage.operator;

import org.jspecify.annotations.NullMarked;
