package dev.osimage.oci.registry;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;

/** The header Link (RFC 8288), as far as paging needs it. */
final class Link {

  private static final int MAX_LENGTH = 16 * 1024;
  private static final Pattern LINK =
      Pattern.compile(
          "<([^<>]*)>((?:\\s*;\\s*[^;,=\\s]+\\s*(?:=\\s*(?:\"[^\"]*\"|[^;,\"\\s]*))?)*)");
  private static final Pattern NEXT =
      Pattern.compile(
          "(?i);\\s*rel\\s*=\\s*(?:\"(?:[^\"]* )?next(?: [^\"]*)?\"|next(?=\\s*(?:;|$)))");

  private Link() {}

  /** Where the next page is, relative to {@code base}; empty on the last one. */
  static Optional<HttpUrl> next(List<String> headers, HttpUrl base) {
    for (var header : headers) {
      if (header.length() > MAX_LENGTH) {
        continue;
      }
      var link = LINK.matcher(header);
      while (link.find()) {
        if (NEXT.matcher(link.group(2)).find()) {
          return Optional.ofNullable(base.resolve(link.group(1)));
        }
      }
    }
    return Optional.empty();
  }
}
