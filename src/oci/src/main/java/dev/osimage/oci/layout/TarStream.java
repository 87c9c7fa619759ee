package dev.osimage.oci.layout;

import dev.osimage.oci.content.ContentException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A tar that nobody vouches for, read once: with a bound for what the library keeps in memory, and
 * with {@link ContentException} for damage, while a failure of the source is passed on as it is.
 */
final class TarStream extends FilterInputStream {

  private final Allowance bounded;
  private final TarArchiveInputStream tar;

  private TarStream(Allowance bounded, TarArchiveInputStream tar) {
    super(tar);
    this.bounded = bounded;
    this.tar = tar;
  }

  static TarStream of(InputStream in) {
    var bounded = new Allowance(in);
    return new TarStream(bounded, new TarArchiveInputStream(bounded, "UTF-8"));
  }

  /** The next entry, whose content this stream then is; null after the last. */
  @Nullable TarArchiveEntry next() throws IOException {
    if (tar.getCurrentEntry() != null) {
      transferTo(OutputStream.nullOutputStream());
    }
    bounded.allow(Allowance.HEADERS);
    TarArchiveEntry entry;
    try {
      entry = tar.getNextEntry();
    } catch (IOException e) {
      throw explained(e);
    } catch (IllegalArgumentException e) {
      throw new ContentException("the archive is not a tar, or is damaged: " + e.getMessage(), e);
    }
    if (entry != null) {
      bounded.allow(entry.getSize() + Allowance.HEADERS);
    }
    return entry;
  }

  /** Reads what follows the last entry: the checksum of a compression stands at the very end. */
  void drain() throws IOException {
    // How much there may be is for the decompression to say.
    bounded.allow(Long.MAX_VALUE);
    bounded.transferTo(OutputStream.nullOutputStream());
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    try {
      return tar.read(buffer, offset, length);
    } catch (IOException e) {
      throw explained(e);
    }
  }

  private IOException explained(IOException e) {
    return e.equals(bounded.failure())
        ? e
        : new ContentException("the archive is not a tar, or is damaged: " + e.getMessage(), e);
  }
}
