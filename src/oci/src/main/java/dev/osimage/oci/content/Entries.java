package dev.osimage.oci.content;

import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The entries of an archive, one after the other. */
interface Entries {

  /** The next one, after which the former can't be read any more; null after the last. */
  @Nullable Entry next() throws IOException;

  /**
   * An entry: its path, what keeps it from being read (as the end of a sentence, null when it can),
   * and its content with its size, as far as that is known.
   */
  record Entry(String path, @Nullable String obstacle, OptionalLong size, InputStream content) {}
}
