/** The registries that hold what is served. */
@NullMarked
package dev.osimage.gateway.upstream;

import org.jspecify.annotations.NullMarked;
