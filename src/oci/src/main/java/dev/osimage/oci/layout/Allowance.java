package dev.osimage.oci.layout;

import dev.osimage.oci.content.ContentException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Lets only so much of a tar be read at once. The library holds names and extended headers of any
 * length in memory; this is what bounds them.
 */
final class Allowance extends FilterInputStream {

  /** For all headers of one entry, with the padding before them: 1 MiB. */
  static final long HEADERS = 1 << 20;

  private long left;
  private @Nullable IOException failure;

  Allowance(InputStream in) {
    super(in);
  }

  /** From now on so many bytes may be read. */
  void allow(long bytes) {
    left = bytes;
  }

  /** What the stream itself failed of, or the end of the allowance; null when neither happened. */
  @Nullable IOException failure() {
    return failure;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    try {
      if (length > 0 && left <= 0) {
        throw new ContentException("the archive has a header of more than a MiB");
      }
      int read = in.read(buffer, offset, (int) Math.min(length, left));
      left -= Math.max(read, 0);
      return read;
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  @Override
  public long skip(long count) throws IOException {
    var buffer = new byte[8192];
    return Math.max(0, read(buffer, 0, Math.clamp(count, 0, buffer.length)));
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
