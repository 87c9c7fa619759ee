package dev.osimage.oci.content;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/**
 * Reads tar. The library believes headers in some places where a damaged or hostile one would cost
 * memory, stack or other entries' bytes, so this looks at them first.
 */
final class TarEntries implements Entries {

  /** For one entry with all that precedes it: long names, pax headers, a map of 40,000 holes. */
  private static final int MAX_HEADER = 1 << 20;

  /** The library calls itself once for each part of a sparse file that one read spans. */
  private static final int MAX_SPARSE_READ = 2048;

  /** An entry has a pax header, or two GNU ones; the library calls itself for each. */
  private static final int MAX_NESTING = 16;

  private final Expansion expansion;
  private final Source source;
  private final Tar tar;

  TarEntries(InputStream archive, Expansion expansion) {
    this.expansion = expansion;
    source = new Source(archive);
    tar = new Tar(source);
  }

  @Override
  public @Nullable Entry next() throws IOException {
    try {
      // This jumps over holes, which the library's own way to the next entry reads.
      while (tar.getCurrentEntry() != null && tar.skip(Long.MAX_VALUE) > 0) {}
      source.boundHeader(MAX_HEADER);
      var entry = tar.getNextEntry();
      source.unbound();
      if (entry != null) {
        return check(entry);
      }
    } catch (IOException | RuntimeException e) {
      throw explained(e);
    }
    if (!tar.marked) {
      throw new ContentException("The tar archive is cut short: the mark of its end is missing");
    }
    return null;
  }

  private Entry check(TarArchiveEntry entry) throws IOException {
    if (!entry.isCheckSumOK()) {
      throw new ContentException("The tar archive is damaged: a header has a wrong checksum");
    }
    if (entry.isSparse()) {
      checkSparse(entry);
    }
    int maxRead = entry.isSparse() ? MAX_SPARSE_READ : Integer.MAX_VALUE;
    long size = entry.getRealSize();
    return new Entry(
        entry.getName(),
        obstacle(entry),
        OptionalLong.of(size),
        new EntryStream(tar, size, maxRead, expansion, this::explained));
  }

  /** The library knows the size of a sparse file in a pax header only as an int. */
  private IOException explained(Exception cause) {
    return String.valueOf(cause.getMessage()).startsWith("Unable to parse int ")
        ? new ContentException(
            "The tar archive has a sparse file of 2 GiB or more in pax format, which can't be read;"
                + " make it with 'tar --format=gnu --sparse', or without '--sparse'",
            cause)
        : source.explained("The tar archive", cause);
  }

  /** The library would read parts beyond the data of the entry, or of the file, as they are. */
  private static void checkSparse(TarArchiveEntry entry) throws IOException {
    long stored = 0;
    long end = 0;
    for (var part : entry.getOrderedSparseHeaders()) {
      if (part.getOffset() < end || part.getNumbytes() > entry.getSize() - stored) {
        throw new ContentException("The tar archive is damaged: a map of holes is impossible");
      }
      stored += part.getNumbytes();
      end = part.getOffset() + part.getNumbytes();
      if (end < 0 || end > entry.getRealSize()) {
        throw new ContentException("The tar archive is damaged: a hole is beyond the file's end");
      }
    }
  }

  private static @Nullable String obstacle(TarArchiveEntry entry) {
    if (entry.isSymbolicLink() || entry.isLink()) {
      return "is a "
          + (entry.isLink() ? "hard" : "symbolic")
          + " link to "
          + WantedMembers.quoted(entry.getLinkName())
          + "; name its target instead";
    }
    if (entry.isDirectory()) {
      return "is a directory; name a file in it";
    }
    return switch (entry.getLinkFlag()) {
      case TarConstants.LF_OLDNORM,
          TarConstants.LF_NORMAL,
          TarConstants.LF_CONTIG,
          TarConstants.LF_GNUTYPE_SPARSE ->
          null;
      case TarConstants.LF_CHR, TarConstants.LF_BLK -> "is a device, which has no content";
      case TarConstants.LF_FIFO -> "is a named pipe, which has no content";
      default -> "is not a regular file";
    };
  }

  /** Knows whether the archive has ended with its mark, or just ended. */
  private static final class Tar extends TarArchiveInputStream {

    private boolean marked;
    private int nesting;

    Tar(InputStream in) {
      super(in, StandardCharsets.UTF_8.name());
    }

    @Override
    public TarArchiveEntry getNextEntry() throws IOException {
      if (nesting > MAX_NESTING) {
        throw new ContentException("The tar archive has too many headers before one entry");
      }
      nesting++;
      try {
        return super.getNextEntry();
      } finally {
        nesting--;
      }
    }

    @Override
    protected boolean isEOFRecord(byte @Nullable [] header) {
      boolean end = super.isEOFRecord(header);
      marked |= end && header != null;
      return end;
    }
  }
}
