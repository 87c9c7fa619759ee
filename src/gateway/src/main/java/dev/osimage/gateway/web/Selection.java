package dev.osimage.gateway.web;

import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that a request wants of a file (RFC 9110, section 14): one range, or all. Several
 * ranges at once, and what is no range, get all of it.
 *
 * @param start the first byte
 * @param end the byte after the last
 * @param partial whether the answer is 206
 */
record Selection(long start, long end, boolean partial) {

  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  /** What is selected of {@code size} bytes; empty when none of them is (416). */
  static Optional<Selection> of(
      long size, @Nullable String range, @Nullable String ifRange, String etag) {
    var all = Optional.of(new Selection(0, size, false));
    if (range == null || (ifRange != null && !ifRange.strip().equals(etag))) {
      return all;
    }
    var wanted = RANGE.matcher(range.replace(" ", ""));
    if (!wanted.matches()) {
      return all;
    }
    var first = wanted.group(1);
    var last = wanted.group(2);
    if (first.isEmpty() && last.isEmpty()) {
      return all;
    }
    if (first.isEmpty()) {
      long length = Math.min(size, Long.parseLong(last));
      return length == 0 ? Optional.empty() : Optional.of(new Selection(size - length, size, true));
    }
    long start = Long.parseLong(first);
    long end = last.isEmpty() ? size : Math.min(size, Long.parseLong(last) + 1);
    if (!last.isEmpty() && Long.parseLong(last) < start) {
      return all;
    }
    return start >= size ? Optional.empty() : Optional.of(new Selection(start, end, true));
  }

  long length() {
    return end - start;
  }

  /** The value of Content-Range. */
  String contentRange(long size) {
    return "bytes %d-%d/%d".formatted(start, end - 1, size);
  }
}
