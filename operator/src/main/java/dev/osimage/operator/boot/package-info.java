/** The URLs that machines boot from, where there is a boot gateway. */
@NullMarked
package dev.osimage.operator.boot;

import org.jspecify.annotations.NullMarked;
