package dev.osimage.oci.content;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;

/** A header of a tar: a block in the format of POSIX (ustar), of GNU, or of the times before. */
final class TarHeader {

  /** Of a header, and what data is padded to. */
  static final int BLOCK = 512;

  private static final int TYPE = 156;
  private static final int MAGIC = 257;
  private static final int PREFIX = 345;
  private static final int PARTS = 386;
  private static final int REAL_SIZE = 483;
  private static final int XSTAR_MAGIC = 508;
  private static final int NUMBER = 12;

  private final byte[] block;

  TarHeader(byte[] block) throws ContentException {
    this.block = block;
    if (!TarUtils.verifyCheckSum(block)) {
      throw new ContentException("The tar archive is damaged: a header has a wrong checksum");
    }
  }

  char type() {
    return (char) (block[TYPE] & 0xff);
  }

  String name() {
    var name = text(0, TarConstants.NAMELEN);
    if (!has(MAGIC, TarConstants.MAGIC_POSIX)) {
      return name;
    }
    boolean xstar = has(XSTAR_MAGIC, TarConstants.MAGIC_XSTAR);
    var prefix = text(PREFIX, xstar ? TarConstants.PREFIXLEN_XSTAR : TarConstants.PREFIXLEN);
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  String linkName() {
    return text(TYPE + 1, TarConstants.NAMELEN);
  }

  /** How many bytes of data the archive has for the entry; negative in damaged headers. */
  long size() {
    return number(block, 124);
  }

  /** Whether it is in the format of GNU tar, which keeps a map of holes in its headers. */
  boolean isGnu() {
    return has(MAGIC, TarConstants.MAGIC_GNU);
  }

  /** How many bytes a sparse file of GNU tar has, with its holes. */
  long realSize() {
    return number(block, REAL_SIZE);
  }

  /** The parts of a sparse file of GNU tar that have data; those that are in this header. */
  List<SparseMap.Part> parts() {
    return parts(block, PARTS, TarConstants.SPARSE_HEADERS_IN_OLDGNU_HEADER);
  }

  /** Whether there is another block of parts after this header. */
  boolean hasMoreParts() {
    return block[REAL_SIZE - 1] != 0;
  }

  /** The parts in a block of nothing else. */
  static List<SparseMap.Part> moreParts(byte[] block) {
    return parts(block, 0, TarConstants.SPARSE_HEADERS_IN_EXTENSION_HEADER);
  }

  /** Whether there is another such block after this one. */
  static boolean hasMoreParts(byte[] block) {
    return block[TarConstants.SPARSE_HEADERS_IN_EXTENSION_HEADER * 2 * NUMBER] != 0;
  }

  private static List<SparseMap.Part> parts(byte[] block, int from, int count) {
    var parts = new ArrayList<SparseMap.Part>();
    for (int at = from; at < from + count * 2 * NUMBER && block[at + NUMBER] != 0; ) {
      parts.add(new SparseMap.Part(number(block, at), number(block, at + NUMBER)));
      at += 2 * NUMBER;
    }
    return parts;
  }

  private static long number(byte[] block, int at) {
    return TarUtils.parseOctalOrBinary(block, at, NUMBER);
  }

  private boolean has(int at, String magic) {
    return new String(block, at, magic.length(), StandardCharsets.ISO_8859_1).equals(magic);
  }

  private String text(int at, int length) {
    int end = at;
    while (end < at + length && block[end] != 0) {
      end++;
    }
    return new String(block, at, end - at, StandardCharsets.UTF_8);
  }
}
