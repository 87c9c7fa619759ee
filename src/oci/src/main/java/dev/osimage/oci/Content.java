package dev.osimage.oci;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** Bytes that can be read from their beginning more than once, as a transfer that failed needs. */
public interface Content {

  /** How many bytes there are, where that is known before they are read. */
  OptionalLong size() throws IOException;

  /** The hosts that it is read from, each as {@code host:port}: a transfer involves them. */
  default List<String> hosts() {
    return List.of();
  }

  /** The bytes from the beginning; the caller closes the stream. */
  InputStream open() throws IOException;

  /** Bytes in memory. */
  static Content of(byte[] bytes) {
    return new Content() {
      @Override
      public OptionalLong size() {
        return OptionalLong.of(bytes.length);
      }

      @Override
      public InputStream open() {
        return new ByteArrayInputStream(bytes);
      }
    };
  }

  /** A file, which must not change meanwhile. */
  static Content of(Path file) {
    return new Content() {
      @Override
      public OptionalLong size() throws IOException {
        return OptionalLong.of(Files.size(file));
      }

      @Override
      public InputStream open() throws IOException {
        return Files.newInputStream(file);
      }
    };
  }
}
