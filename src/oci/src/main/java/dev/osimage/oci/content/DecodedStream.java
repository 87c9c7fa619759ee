package dev.osimage.oci.content;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a decoder gives, within the limits, and with the decoder's complaints as sentences. */
final class DecodedStream extends InputStream {

  private final Compression compression;
  private final Source source;
  private final DecompressionLimits limits;
  private final InputStream decoder;
  private @Nullable IOException failure;
  private long count;
  private boolean ended;

  private DecodedStream(
      Compression compression, InputStream compressed, DecompressionLimits limits, Windows windows)
      throws IOException {
    this.compression = compression;
    this.limits = limits;
    this.source = new Source(compressed);
    try {
      this.decoder = compression.decoder(source, limits, windows);
    } catch (IOException | RuntimeException e) {
      throw explained(e);
    }
  }

  /** Opens a decoder; when that fails, the compressed stream is closed. */
  static DecodedStream open(
      Compression compression, InputStream compressed, DecompressionLimits limits, Windows windows)
      throws IOException {
    try {
      return new DecodedStream(compression, compressed, limits, windows);
    } catch (IOException | RuntimeException | Error e) {
      try (compressed) {
        throw e;
      }
    }
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (failure != null) {
      throw failure;
    }
    if (ended) {
      return -1;
    }
    try {
      int read = decoder.read(buffer, offset, length);
      if (read < 0) {
        ended = true;
        return -1;
      }
      count += read;
      limits.check(count, source.count());
      source.progress();
      return read;
    } catch (IOException | RuntimeException e) {
      failure = explained(e);
      giveUp();
      throw failure;
    }
  }

  /** Nothing more comes, so others need not wait for the window until somebody closes this. */
  private void giveUp() {
    try {
      decoder.close();
    } catch (IOException | RuntimeException e) {
      // What it failed of says more.
    }
  }

  @Override
  public void close() throws IOException {
    decoder.close();
  }

  /** How many bytes of the compressed content were read, some of them in advance. */
  long consumed() {
    return source.count();
  }

  private IOException explained(Exception cause) {
    return source.explained("The " + compression.text() + " data", cause);
  }
}
