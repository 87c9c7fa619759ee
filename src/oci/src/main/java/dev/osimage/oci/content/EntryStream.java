package dev.osimage.oci.content;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The content of one entry, of exactly its size; once closed, nothing can be read any more. */
final class EntryStream extends InputStream {

  private final InputStream archive;
  private final Expansion expansion;
  private final Failures failures;
  private final long size;
  private @Nullable IOException failure;
  private long count;
  private boolean ended;

  /** What an exception of the library that reads the archive means. */
  interface Failures {
    IOException explained(Exception cause);
  }

  /** A negative size is not known. */
  EntryStream(InputStream archive, long size, Expansion expansion, Failures failures) {
    this.archive = archive;
    this.size = size;
    this.expansion = expansion;
    this.failures = failures;
  }

  /** Whether all of it was read. */
  boolean ended() {
    return ended;
  }

  /** How many bytes were read. */
  long count() {
    return count;
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
      int read = archive.read(buffer, offset, length);
      count += Math.max(read, 0);
      ended = read < 0;
      if (size >= 0 && (ended ? count < size : count > size)) {
        throw new ContentException("it has not the " + size + " bytes that its header says");
      }
      expansion.add(Math.max(read, 0));
      return read;
    } catch (IOException | RuntimeException e) {
      failure = failures.explained(e);
      throw failure;
    }
  }

  @Override
  public void close() {
    ended = true;
  }
}
