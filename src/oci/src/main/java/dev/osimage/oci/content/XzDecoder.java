package dev.osimage.oci.content;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.ArrayCache;
import org.tukaani.xz.MemoryLimitException;
import org.tukaani.xz.XZInputStream;

/**
 * Decodes xz; its dictionary comes from the budget, and goes back at the end or before one of
 * another size.
 */
final class XzDecoder extends FilterInputStream {

  private static final int MIB_IN_KIB = 1024;

  private final DecompressionLimits limits;
  private final Dictionary dictionary;

  XzDecoder(InputStream in, DecompressionLimits limits, Windows windows) throws IOException {
    this(in, limits, new Dictionary(windows));
  }

  private XzDecoder(InputStream in, DecompressionLimits limits, Dictionary dictionary)
      throws IOException {
    // One MiB is for all that a decoder needs besides.
    super(new XZInputStream(in, limits.maxWindow() / 1024 + MIB_IN_KIB, true, dictionary));
    this.limits = limits;
    this.dictionary = dictionary;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    try {
      int read = super.read(buffer, offset, length);
      if (read < 0) {
        dictionary.release();
      }
      return read;
    } catch (MemoryLimitException e) {
      // Dictionaries of that size are whole MiB; what is needed besides is less than one.
      limits.checkWindow(Compression.XZ, e.getMemoryNeeded() / MIB_IN_KIB * (1024L * 1024));
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      super.close();
    } finally {
      dictionary.release();
    }
  }

  /**
   * Where the library asks for its dictionary: one for each block, of which files that were packed
   * by several threads have hundreds. The last one is kept for the next block.
   */
  private static final class Dictionary extends ArrayCache {

    /** The only other arrays are of the input of one chunk, which is never larger. */
    private static final int MAX_CHUNK = 1 << 16;

    private final Windows windows;
    private Windows.@Nullable Share share;
    private byte @Nullable [] unused;

    Dictionary(Windows windows) {
      this.windows = windows;
    }

    @Override
    public byte[] getByteArray(int size, boolean fillWithZeros) {
      if (size <= MAX_CHUNK) {
        return new byte[size];
      }
      var kept = unused;
      unused = null;
      if (kept != null && kept.length == size) {
        if (fillWithZeros) {
          Arrays.fill(kept, (byte) 0);
        }
        return kept;
      }
      release();
      try {
        share = windows.take(size);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new byte[size];
    }

    @Override
    public void putArray(byte[] array) {
      if (array.length > MAX_CHUNK) {
        unused = array;
      }
    }

    void release() {
      unused = null;
      if (share != null) {
        share.close();
        share = null;
      }
    }
  }
}
