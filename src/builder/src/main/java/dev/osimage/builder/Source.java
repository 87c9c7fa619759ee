package dev.osimage.builder;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.OptionalLong;

/** Where bytes of a build come from, whatever it is. */
interface Source {

  /**
   * The bytes from the beginning. What goes wrong here and while they are read is a {@link
   * SourceException}.
   */
  Opened open() throws IOException;

  /** The host that is read from, if any, as {@code host:port}. */
  List<String> hosts();

  /** An open source and, where it is known, how many bytes it has. */
  record Opened(InputStream bytes, OptionalLong length) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      bytes.close();
    }
  }
}
