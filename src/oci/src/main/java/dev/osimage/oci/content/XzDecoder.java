package dev.osimage.oci.content;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.ArrayCache;
import org.tukaani.xz.MemoryLimitException;
import org.tukaani.xz.XZInputStream;

/** Decodes xz; each block takes its dictionary from the budget and gives it back at its end. */
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
      return super.read(buffer, offset, length);
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

  /** Not a cache: the place where the library asks for its dictionary. */
  private static final class Dictionary extends ArrayCache {

    /** The only other arrays are of the input of one chunk, which is never larger. */
    private static final int MAX_CHUNK = 1 << 16;

    private final Windows windows;
    private Windows.@Nullable Share share;

    Dictionary(Windows windows) {
      this.windows = windows;
    }

    @Override
    public byte[] getByteArray(int size, boolean fillWithZeros) {
      if (size > MAX_CHUNK) {
        release();
        try {
          share = windows.take(size);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      return new byte[size];
    }

    @Override
    public void putArray(byte[] array) {
      if (array.length > MAX_CHUNK) {
        release();
      }
    }

    void release() {
      if (share != null) {
        share.close();
        share = null;
      }
    }
  }
}
