/** What demo and proofs share: a cluster, the commands that people use on it, a booting machine. */
@NullMarked
package dev.osimage.e2e;

import org.jspecify.annotations.NullMarked;
