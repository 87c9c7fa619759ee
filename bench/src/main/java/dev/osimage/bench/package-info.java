/**
 * Measures the work of this project against the tools that people use for it today: whole
 * processes, in pairs, on a machine that does nothing else meanwhile.
 */
@NullMarked
package dev.osimage.bench;

import org.jspecify.annotations.NullMarked;
