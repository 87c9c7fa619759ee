package dev.osimage.oci.content;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a decoder reads: counts the bytes, remembers whether reading them failed (so that this is
 * not taken for damaged content), and bounds headers that a library would read without an end.
 */
final class Source extends FilterInputStream {

  private final byte[] one = new byte[1];
  private @Nullable IOException failure;
  private long count;
  private boolean ended;
  private long maxHeader = Long.MAX_VALUE;
  private long headerLimit = Long.MAX_VALUE;

  Source(InputStream in) {
    super(in);
  }

  /** How many bytes were read so far. */
  long count() {
    return count;
  }

  /** Whether somebody wanted to read beyond the end, since this was asked before. */
  boolean ended() {
    boolean wasEnded = ended;
    ended = false;
    return wasEnded;
  }

  /**
   * What a library that reads from here threw, as an exception for others. Libraries throw anything
   * for damaged content; only what came from here is not the content's fault.
   */
  IOException explained(String what, Exception cause) {
    if (failure != null) {
      return failure;
    }
    return switch (cause) {
      case ContentException content -> content;
      case InterruptedIOException interrupted -> interrupted;
      case UncheckedIOException unchecked ->
          explained(what, Objects.requireNonNull(unchecked.getCause()));
      default ->
          new ContentException(
              what
                  + " is damaged or cut short"
                  + (cause.getMessage() == null ? "" : " (" + cause.getMessage() + ")"),
              cause);
    };
  }

  /** From now on, at most so many bytes may be read between two calls of {@link #progress}. */
  void boundHeader(long bytes) {
    maxHeader = bytes;
    progress();
  }

  /** No bound any more. */
  void unbound() {
    maxHeader = Long.MAX_VALUE;
    headerLimit = Long.MAX_VALUE;
  }

  /** The decoder gave something, so it is not in a header. */
  void progress() {
    headerLimit = maxHeader == Long.MAX_VALUE ? maxHeader : count + maxHeader;
  }

  @Override
  public int read() throws IOException {
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length > 0 && count >= headerLimit) {
      throw new ContentException("A header is longer than " + maxHeader + " bytes");
    }
    try {
      int read = super.read(buffer, offset, (int) Math.min(length, headerLimit - count));
      count += Math.max(read, 0);
      ended |= read < 0;
      return read;
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  /** Skips all of it, unless the end comes first: a library takes anything less for the end. */
  @Override
  public long skip(long bytes) throws IOException {
    long left = bytes;
    try {
      while (left > 0) {
        long skipped = super.skip(left);
        if (skipped == 0 && super.read() < 0) {
          ended = true;
          break;
        }
        left -= Math.max(skipped, 1);
      }
    } catch (IOException e) {
      failure = e;
      throw e;
    }
    count += bytes - left;
    return bytes - left;
  }

  @Override
  public int available() {
    return 0;
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
