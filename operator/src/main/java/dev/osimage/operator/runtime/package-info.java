/** What a process needs to live in a cluster: health endpoints. */
@NullMarked
package dev.osimage.operator.runtime;

import org.jspecify.annotations.NullMarked;
