/** What a process needs to live in a cluster: health endpoints, metrics, leader election. */
@NullMarked
package dev.osimage.operator.runtime;

import org.jspecify.annotations.NullMarked;
