package dev.osimage.oci.content;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Contents that real tools wrote (see README.md next to them), and ways to spoil them. */
final class Samples {

  /** What every {@code plain.*} holds: what {@code seq 1 400} prints. */
  static final byte[] PLAIN = plain();

  private Samples() {}

  private static byte[] plain() {
    var text = new StringBuilder();
    for (int i = 1; i <= 400; i++) {
      text.append(i).append('\n');
    }
    return ascii(text.toString());
  }

  static byte[] read(String name) throws IOException {
    try (var in = Samples.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + " is missing");
      }
      return in.readAllBytes();
    }
  }

  static byte[] compressed(Compression compression) throws IOException {
    return switch (compression) {
      case NONE -> PLAIN;
      case GZIP -> read("plain.gz");
      case XZ -> read("plain.xz");
      case ZSTD -> read("plain.zst");
      case BZIP2 -> read("plain.bz2");
      case LZ4 -> read("plain.lz4");
    };
  }

  /** A tar sample without its compression. */
  static byte[] plainTar(String name) throws IOException {
    var compressed = read(name);
    var start = Arrays.copyOf(compressed, Compression.DETECT_BYTES);
    try (var in =
        Compression.detect(start)
            .decompress(new ByteArrayInputStream(compressed), DecompressionLimits.DEFAULT)) {
      return in.readAllBytes();
    }
  }

  /** A sample as characters of one byte each. */
  static String text(String name) {
    try {
      return new String(read(name), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] compress(Compression compression, byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = compression.compress(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  static int indexOf(byte[] bytes, String text) {
    return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
  }

  static byte[] join(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (var part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  /** The first bytes, and then a failure as of a connection. */
  static InputStream failingAfter(byte[] bytes, int length, IOException failure) {
    return new FilterInputStream(new ByteArrayInputStream(bytes, 0, length)) {
      @Override
      public int read(byte[] buffer, int offset, int max) throws IOException {
        int read = super.read(buffer, offset, max);
        if (read < 0) {
          throw failure;
        }
        return read;
      }
    };
  }

  /** A source that knows whether it was closed. */
  static final class Closeable extends ByteArrayInputStream {

    boolean closed;

    Closeable(byte[] bytes) {
      super(bytes);
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
