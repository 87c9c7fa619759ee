/** Small programs around the library, for work that the builder does not do. */
@NullMarked
package dev.osimage.bench.work;

import org.jspecify.annotations.NullMarked;
