/**
 * Reads compressed content and archives that nobody vouches for: as streams, once, with bounded
 * memory, and with an exact end or an exception.
 */
@NullMarked
package dev.osimage.oci.content;

import org.jspecify.annotations.NullMarked;
