/**
 * Registries and clients that other people wrote, as real processes on this machine's loopback:
 * what our own registry client has to get on with.
 */
@NullMarked
package dev.osimage.e2e.registry;

import org.jspecify.annotations.NullMarked;
