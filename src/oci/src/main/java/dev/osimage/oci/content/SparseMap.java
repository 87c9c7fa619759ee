package dev.osimage.oci.content;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which parts of a sparse file have data in a tar; the rest up to its size are zeros. GNU tar has
 * four forms of it: one in its own headers, two in pax records (0.0, 0.1), and one that comes
 * before the data (1.0).
 */
record SparseMap(long size, List<Part> parts) {

  private static final String PAX = "GNU.sparse.";
  private static final int MAX_DIGITS = 18;

  /** A part that has data, which follow one another in the archive. */
  record Part(long offset, long length) {

    long end() {
      return offset + length;
    }
  }

  /** From a header of GNU tar and the blocks that follow it. */
  static SparseMap ofGnu(TarHeader header, InputStream in) throws IOException {
    var parts = new ArrayList<>(header.parts());
    for (boolean more = header.hasMoreParts(); more; ) {
      var block = in.readNBytes(TarHeader.BLOCK);
      if (block.length < TarHeader.BLOCK) {
        throw new EOFException("a map of holes is not complete");
      }
      parts.addAll(TarHeader.moreParts(block));
      more = TarHeader.hasMoreParts(block);
    }
    return new SparseMap(header.realSize(), parts);
  }

  /** From pax records, or from the beginning of the data; null when the file is not sparse. */
  static @Nullable SparseMap ofPax(PaxRecords records, InputStream data) throws IOException {
    if (records.get(PAX + "realsize") == null && records.get(PAX + "size") == null) {
      return null;
    }
    long size = records.get(PAX + "realsize", records.get(PAX + "size", 0));
    var version = records.get(PAX + "major", "0") + "." + records.get(PAX + "minor", "0");
    return switch (version) {
      case "0.0", "0.1" -> new SparseMap(size, listed(records.numbersOfParts()));
      case "1.0" -> new SparseMap(size, before(data));
      default ->
          throw new ContentException(
              "The tar archive has a sparse file in version "
                  + WantedMembers.quoted(version)
                  + " of that format, which can't be read; make the archive without '--sparse'");
    };
  }

  /** Throws unless the parts are in order, within the file, and have so many bytes together. */
  void check(long stored) throws ContentException {
    if (size < 0) {
      throw new ContentException("The tar archive is damaged: a file has a negative size");
    }
    long left = stored;
    long end = 0;
    for (var part : parts) {
      if (part.length < 0 || part.length > left || part.offset < end) {
        throw new ContentException("The tar archive is damaged: a map of holes is impossible");
      }
      if (part.offset > size - part.length) {
        throw new ContentException("The tar archive is damaged: a hole is beyond the file's end");
      }
      left -= part.length;
      end = part.end();
    }
    if (left > 0) {
      throw new ContentException("The tar archive is damaged: a map of holes is not complete");
    }
  }

  private static List<Part> listed(List<Long> numbers) throws ContentException {
    if (numbers.size() % 2 != 0) {
      throw new ContentException("The tar archive is damaged: a map of holes is not complete");
    }
    var parts = new ArrayList<Part>();
    for (int i = 0; i < numbers.size(); i += 2) {
      parts.add(new Part(numbers.get(i), numbers.get(i + 1)));
    }
    return parts;
  }

  /** Numbers in lines, the first of which says how many pairs follow; padded to whole blocks. */
  private static List<Part> before(InputStream data) throws IOException {
    var lines = new Lines(data);
    var parts = new ArrayList<Part>();
    for (long left = lines.next(); left > 0; left--) {
      parts.add(new Part(lines.next(), lines.next()));
    }
    data.skipNBytes(-lines.count & (TarHeader.BLOCK - 1));
    return parts;
  }

  /** Reads numbers, and counts the bytes that they take. */
  private static final class Lines {

    private final InputStream in;
    private long count;

    Lines(InputStream in) {
      this.in = in;
    }

    long next() throws IOException {
      long number = 0;
      int digits = 0;
      for (int c = in.read(); c != '\n'; c = in.read()) {
        if (c < '0' || c > '9' || ++digits > MAX_DIGITS) {
          throw new ContentException("The tar archive is damaged: a map of holes can't be read");
        }
        number = number * 10 + (c - '0');
      }
      count += digits + 1;
      return number;
    }
  }
}
