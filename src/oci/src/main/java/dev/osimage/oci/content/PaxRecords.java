package dev.osimage.oci.content;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the headers before a tar entry say about it: pax records, and long names as such. */
final class PaxRecords {

  static final String PATH = "path";
  static final String LINK_PATH = "linkpath";

  /** The two that stand for each part of a sparse file, in the oldest form of its map. */
  private static final List<String> OF_PARTS = List.of("GNU.sparse.offset", "GNU.sparse.numbytes");

  private static final int MAX_DIGITS = 7;

  private final Map<String, String> values = new HashMap<>();
  private final List<String> numbersOfParts = new ArrayList<>();

  void putAll(PaxRecords others) {
    values.putAll(others.values);
    numbersOfParts.addAll(others.numbersOfParts);
  }

  void put(String key, String value) {
    values.put(key, value);
  }

  /** None where it is empty too, which takes back what a header for all entries said. */
  @Nullable String get(String key) {
    var value = values.get(key);
    return value == null || value.isEmpty() ? null : value;
  }

  String get(String key, String otherwise) {
    var value = get(key);
    return value == null ? otherwise : value;
  }

  long get(String key, long otherwise) throws ContentException {
    var value = get(key);
    return value == null ? otherwise : number(value);
  }

  /** Offset and length of each part of a sparse file. */
  List<Long> numbersOfParts() throws ContentException {
    var map = get("GNU.sparse.map");
    var numbers = new ArrayList<Long>();
    for (var text : map == null ? numbersOfParts : List.of(map.split(",", -1))) {
      numbers.add(number(text));
    }
    return numbers;
  }

  private static long number(String text) throws ContentException {
    try {
      return Long.parseUnsignedLong(text);
    } catch (NumberFormatException e) {
      throw damaged();
    }
  }

  /** Adds the records that are the data of a pax header: a length, a key and a value each. */
  void parse(byte[] data) throws ContentException {
    for (int at = 0; at < data.length; ) {
      int key = after(data, at, ' ');
      int end = at + length(data, at, key - 1);
      int value = after(data, key, '=');
      if (value >= end || end > data.length || data[end - 1] != '\n') {
        throw damaged();
      }
      add(text(data, key, value - 1), text(data, value, end - 1));
      at = end;
    }
  }

  private static int length(byte[] data, int from, int to) throws ContentException {
    if (to - from > MAX_DIGITS || !text(data, from, to).matches("[0-9]+")) {
      throw damaged();
    }
    return Integer.parseInt(text(data, from, to));
  }

  private static int after(byte[] data, int from, char wanted) throws ContentException {
    for (int at = from; at < data.length; at++) {
      if (data[at] == wanted) {
        return at + 1;
      }
    }
    throw damaged();
  }

  private void add(String key, String value) {
    if (OF_PARTS.contains(key)) {
      numbersOfParts.add(value);
    } else {
      values.put(key, value);
    }
  }

  private static String text(byte[] data, int from, int to) {
    return new String(data, from, to - from, StandardCharsets.UTF_8);
  }

  private static ContentException damaged() {
    return new ContentException("The tar archive is damaged: a pax header can't be read");
  }
}
