package dev.osimage.oci.content;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.apache.commons.compress.archivers.zip.UnsupportedZipFeatureException;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveInputStream;
import org.jspecify.annotations.Nullable;

/** Reads zip by its local headers, of which each entry has one before its data. */
final class ZipEntries implements Entries {

  private static final String HOW = "; make the archive anew with 'zip' from files on a disk";

  private final Expansion expansion;
  private final Source source;
  private final Zip zip;
  private @Nullable ZipArchiveEntry current;
  private EntryStream content;
  private CRC32 sum = new CRC32();

  ZipEntries(InputStream archive, Expansion expansion) {
    this.expansion = expansion;
    source = new Source(archive);
    zip = new Zip(source);
    content = new EntryStream(zip, 0, expansion, this::explained);
  }

  @Override
  public @Nullable Entry next() throws IOException {
    var former = current;
    if (former != null && former.getGeneralPurposeBit().usesDataDescriptor()) {
      // The library would go to its end all the same, but without counting.
      content.transferTo(OutputStream.nullOutputStream());
    }
    try {
      current = zip.getNextEntry();
    } catch (IOException | RuntimeException e) {
      throw explained(e);
    }
    if (former != null && content.ended()) {
      verify(former);
    }
    if (current == null) {
      requireDirectory();
      return null;
    }
    return entry(current);
  }

  /** After its directory the library reads no more, but after a mere end it tries again. */
  private void requireDirectory() throws IOException {
    source.ended();
    zip.getNextEntry();
    if (source.ended()) {
      throw new ContentException("The zip archive is cut short: its directory is missing");
    }
  }

  private Entry entry(ZipArchiveEntry entry) {
    long size = entry.getSize();
    sum = new CRC32();
    content = new EntryStream(new CheckedInputStream(zip, sum), size, expansion, this::explained);
    return new Entry(
        entry.getName(),
        obstacle(entry),
        size < 0 ? OptionalLong.empty() : OptionalLong.of(size),
        content);
  }

  private IOException explained(Exception cause) {
    return cause instanceof UnsupportedZipFeatureException feature
        ? new ContentException(
            "The zip archive can't be read as a stream: "
                + WantedMembers.quoted(
                    feature.getEntry() == null ? "" : feature.getEntry().getName())
                + " is encrypted, or its size is only known from the archive's end"
                + HOW,
            cause)
        : source.explained("The zip archive", cause);
  }

  private static @Nullable String obstacle(ZipArchiveEntry entry) {
    if (entry.isDirectory()) {
      return "is a directory; name a file in it";
    }
    if (entry.getGeneralPurposeBit().usesEncryption()) {
      return "is encrypted; make the archive anew without a password";
    }
    return switch (entry.getMethod()) {
      case ZipArchiveEntry.DEFLATED -> null;
      case ZipArchiveEntry.STORED ->
          entry.getGeneralPurposeBit().usesDataDescriptor()
              ? "is stored without its size before it" + HOW
              : null;
      default -> "is compressed with method " + entry.getMethod() + " and not with deflate" + HOW;
    };
  }

  /** With a data descriptor, sum and size of an entry are known only after it. */
  private void verify(ZipArchiveEntry entry) throws ContentException {
    if (entry.getCrc() != sum.getValue() || entry.getSize() != content.count()) {
      throw new ContentException(
          "The zip archive is damaged: "
              + WantedMembers.quoted(entry.getName())
              + " has not the size and checksum that the archive says");
    }
  }

  /** Does not begin to decode what would not be handed out. */
  private static final class Zip extends ZipArchiveInputStream {

    Zip(InputStream in) {
      super(in, StandardCharsets.UTF_8.name(), true, false, true);
    }

    @Override
    protected InputStream createZstdInputStream(InputStream in) {
      return InputStream.nullInputStream();
    }
  }
}
