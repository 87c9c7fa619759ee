package dev.osimage.oci.registry;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;

/** The header Link (RFC 8288), as far as paging needs it. */
final class Link {

  private static final int MAX_LENGTH = 16 * 1024;
  private static final Pattern TARGET = Pattern.compile("<([^<>]*+)>");
  // One at a time: a group that is repeated takes stack for each time.
  private static final Pattern PARAMETER =
      Pattern.compile(
          "\\G\\s*+;\\s*+([^;,=\"\\s]*+)\\s*+(?:=\\s*+(?:\"([^\"]*+)\"|([^;,\"\\s]*+)))?+");

  private Link() {}

  /** Where the next page is, relative to {@code base}; empty on the last one. */
  static Optional<HttpUrl> next(List<String> headers, HttpUrl base) {
    for (var header : headers) {
      if (header.length() > MAX_LENGTH) {
        continue;
      }
      var target = TARGET.matcher(header);
      for (int at = 0; target.find(at); ) {
        var parameter = PARAMETER.matcher(header).region(target.end(), header.length());
        boolean next = false;
        at = target.end();
        while (parameter.find()) {
          next |= isRelNext(parameter);
          at = parameter.end();
        }
        if (next) {
          return Optional.ofNullable(base.resolve(target.group(1)));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isRelNext(MatchResult parameter) {
    var quoted = parameter.group(2);
    var value = quoted == null ? parameter.group(3) : quoted;
    return "rel".equalsIgnoreCase(parameter.group(1))
        && value != null
        && List.of(value.toLowerCase(Locale.ROOT).split(" ", -1)).contains("next");
  }
}
