/**
 * The custom resources of {@code osimage.dev} as records. This library knows none of the others: it
 * is what the API server stores and what users write, and nothing else.
 */
@NullMarked
package dev.osimage.api;

import org.jspecify.annotations.NullMarked;
