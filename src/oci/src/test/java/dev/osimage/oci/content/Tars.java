package dev.osimage.oci.content;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Tar archives byte by byte, also such as no tool writes. */
final class Tars {

  static final byte[] END = new byte[1024];

  private Tars() {}

  /** An entry with its header, its data and its padding. */
  static byte[] entry(String name, char type, String data) {
    return Samples.join(header(name, type, data.length()), padded(data));
  }

  static byte[] file(String name, String data) {
    return entry(name, '0', data);
  }

  /** A pax header of these records, for the entry that follows it. */
  static byte[] pax(String... keysAndValues) {
    var records = new StringBuilder();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      var record = " " + keysAndValues[i] + "=" + keysAndValues[i + 1] + "\n";
      int length = record.length() + 1;
      while (String.valueOf(length).length() + record.length() != length) {
        length++;
      }
      records.append(length).append(record);
    }
    return entry("pax", 'x', records.toString());
  }

  static byte[] header(String name, char type, long size) {
    var header = new byte[512];
    put(header, 0, name);
    put(header, 100, "0000644\0");
    put(header, 108, "0000000\0");
    put(header, 116, "0000000\0");
    putSize(header, size);
    put(header, 136, "00000000000\0");
    header[156] = (byte) type;
    put(header, 257, "ustar\00000");
    return summed(header);
  }

  /** A file whose path has its folder in a field of its own. */
  static byte[] prefixed(String prefix, String name, String data) {
    var header = header(name, '0', data.length());
    put(header, 345, prefix);
    return Samples.join(summed(header), padded(data));
  }

  /** The same header with another link target. */
  static byte[] link(String name, char type, String target) {
    var header = header(name, type, 0);
    put(header, 157, target);
    return summed(header);
  }

  static byte[] padded(String data) {
    var bytes = data.getBytes(StandardCharsets.ISO_8859_1);
    return Arrays.copyOf(bytes, (bytes.length + 511) / 512 * 512);
  }

  private static void putSize(byte[] header, long size) {
    if (size >= 0 && size < 1L << 33) {
      put(header, 124, String.format("%011o\0", size));
    } else {
      Arrays.fill(header, 124, 128, (byte) (size < 0 ? 0xff : 0));
      header[124] |= (byte) 0x80;
      for (int i = 0; i < 8; i++) {
        header[135 - i] = (byte) (size >> (8 * i));
      }
    }
  }

  private static void put(byte[] header, int at, String text) {
    var bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  /** With the checksum of its first block as it has to be. */
  static byte[] summed(byte[] header) {
    put(header, 148, "        ");
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += header[i] & 0xff;
    }
    put(header, 148, String.format("%06o\0 ", sum));
    return header;
  }
}
