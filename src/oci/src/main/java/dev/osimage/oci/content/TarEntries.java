package dev.osimage.oci.content;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.apache.commons.compress.utils.ArchiveUtils;
import org.jspecify.annotations.Nullable;

/**
 * Reads tar. The library's own reader takes no sparse files of 2 GiB (pax) or 8 GiB (GNU), which
 * disks are, and believes headers where a hostile one costs memory, stack or other entries' bytes.
 */
final class TarEntries implements Entries {

  /** What is kept until the end of the archive, and looked through for each entry. */
  private static final int MAX_FOR_ALL = 64 * 1024;

  /** For one entry with all that precedes it: long names, pax headers, a map of 40,000 holes. */
  private static final int MAX_HEADER = 1 << 20;

  private static final String SPARSE_OF_STAR =
      "is a sparse file as only 'star' writes it; make the archive anew with 'tar'";

  private final Expansion expansion;
  private final Source source;
  private int bytesForAll;
  private final PaxRecords ofAll = new PaxRecords();
  private Data data;

  TarEntries(InputStream archive, Expansion expansion) {
    this.expansion = expansion;
    source = new Source(archive);
    data = new Data(source, 0);
  }

  @Override
  public @Nullable Entry next() throws IOException {
    try {
      data.skipRest();
      source.boundHeader(MAX_HEADER);
      var entry = nextOfAll();
      source.unbound();
      return entry;
    } catch (IOException | RuntimeException e) {
      throw explained(e);
    }
  }

  private @Nullable Entry nextOfAll() throws IOException {
    var own = new PaxRecords();
    for (var header = header(); header != null; header = header()) {
      switch (header.type()) {
        case 'x', 'X' -> own.parse(dataOf(header));
        case 'g' -> {
          var data = dataOf(header);
          bytesForAll += data.length;
          if (bytesForAll > MAX_FOR_ALL) {
            throw new ContentException(
                "The archive has pax headers for all entries of more than 64 KiB together");
          }
          ofAll.parse(data);
        }
        case 'L' -> own.put(PaxRecords.PATH, nameIn(dataOf(header)));
        case 'K' -> own.put(PaxRecords.LINK_PATH, nameIn(dataOf(header)));
        default -> {
          var records = new PaxRecords();
          records.putAll(ofAll);
          records.putAll(own);
          return entry(header, records);
        }
      }
    }
    return null;
  }

  /** Null at the mark of the end. */
  private @Nullable TarHeader header() throws IOException {
    var block = source.readNBytes(TarHeader.BLOCK);
    if (block.length < TarHeader.BLOCK) {
      throw new ContentException("The tar archive is cut short: the mark of its end is missing");
    }
    return ArchiveUtils.isArrayZero(block, block.length) ? null : new TarHeader(block);
  }

  private byte[] dataOf(TarHeader header) throws IOException {
    begin(header.size());
    var bytes = data.readAllBytes();
    data.skipRest();
    return bytes;
  }

  private void begin(long size) throws ContentException {
    if (size < 0) {
      throw new ContentException("The tar archive is damaged: an entry has a negative size");
    }
    data = new Data(source, size);
  }

  private static String nameIn(byte[] data) {
    int end = data.length;
    while (end > 0 && data[end - 1] == 0) {
      end--;
    }
    return new String(data, 0, end, StandardCharsets.UTF_8);
  }

  private Entry entry(TarHeader header, PaxRecords records) throws IOException {
    var path = records.get("GNU.sparse.name", records.get(PaxRecords.PATH, header.name()));
    var obstacle = obstacle(path, header, records);
    boolean bare = (header.type() >= '1' && header.type() <= '6') || path.endsWith("/");
    begin(bare ? 0 : records.get("size", header.size()));
    var map = obstacle == null ? map(header, records) : null;
    if (map != null) {
      map.check(data.left);
    }
    long size = map == null ? data.left : map.size();
    var content = map == null ? data : new SparseStream(data, map);
    return new Entry(
        path,
        obstacle,
        OptionalLong.of(size),
        new EntryStream(content, size, expansion, this::explained));
  }

  private @Nullable SparseMap map(TarHeader header, PaxRecords records) throws IOException {
    return header.type() == 'S' ? SparseMap.ofGnu(header, source) : SparseMap.ofPax(records, data);
  }

  private IOException explained(Exception cause) {
    return source.explained("The tar archive", cause);
  }

  private static @Nullable String obstacle(String path, TarHeader header, PaxRecords records) {
    if (path.endsWith("/")) {
      return "is a directory; name a file in it";
    }
    return switch (header.type()) {
      case '\0', '0', '7' ->
          records.get("SCHILY.filetype", "").equals("sparse") ? SPARSE_OF_STAR : null;
      case 'S' -> header.isGnu() ? null : SPARSE_OF_STAR;
      case '1', '2' ->
          "is a "
              + (header.type() == '1' ? "hard" : "symbolic")
              + " link to "
              + WantedMembers.quoted(records.get(PaxRecords.LINK_PATH, header.linkName()))
              + "; name its target instead";
      case '3', '4' -> "is a device, which has no content";
      case '5' -> "is a directory; name a file in it";
      case '6' -> "is a named pipe, which has no content";
      default -> "is not a regular file";
    };
  }

  /** What the archive has between a header and the next one. */
  private static final class Data extends InputStream {

    private final Source source;
    private long left;
    private int padding;

    Data(Source source, long size) {
      this.source = source;
      this.left = size;
      this.padding = (int) -size & (TarHeader.BLOCK - 1);
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int read = source.read(buffer, offset, (int) Math.min(length, left));
      if (read < 0) {
        throw new EOFException("an entry is not complete");
      }
      left -= read;
      return read;
    }

    void skipRest() throws IOException {
      source.skipNBytes(left);
      source.skipNBytes(padding);
      left = 0;
      padding = 0;
    }
  }
}
