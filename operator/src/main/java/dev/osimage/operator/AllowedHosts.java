package dev.osimage.operator;

import dev.osimage.image.BuildPlan;
import dev.osimage.image.PlannedSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import okhttp3.HttpUrl;

/**
 * The hosts that OsImages may name. Where such a host leads to, by redirects or to its token
 * server, is up to that host.
 *
 * @param patterns {@code host} on any port, {@code host:port}, or {@code *.domain} for everything
 *     below it, each with or without a port; none allows all
 */
public record AllowedHosts(List<String> patterns) {

  /** No restriction. */
  public static final AllowedHosts ALL = new AllowedHosts(List.of());

  private static final Pattern SHAPE =
      Pattern.compile(
          "((\\*\\.)?[a-z0-9_]([a-z0-9._-]*[a-z0-9])?|\\[[0-9a-f:.]+])(:[1-9][0-9]{0,4})?");
  private static final Pattern PORT = Pattern.compile(":[0-9]+$");

  public AllowedHosts {
    patterns = patterns.stream().map(pattern -> pattern.toLowerCase(Locale.ROOT)).toList();
    for (var pattern : patterns) {
      if (!SHAPE.matcher(pattern).matches() || HttpUrl.parse(plain(pattern)) == null) {
        throw new IllegalArgumentException(
            "'" + pattern + "' is not of the form host, host:port, *.domain or *.domain:port");
      }
    }
  }

  /** Why a plan can't be carried out, as a sentence for the user; empty if it can. */
  public Optional<String> problem(BuildPlan plan) {
    var destination = plan.destination();
    var scheme = destination.plainHttp() ? "http://" : "https://";
    var files =
        plan.parts().stream()
            .flatMap(part ->
                plan.sourceOf(part) instanceof PlannedSource.Http http
                    ? problem("files.%s.http.url".formatted(part.name().text()), http.url())
                        .stream()
                    : Stream.empty());
    return Stream.concat(
            problem("destination.repository", scheme + destination.repository().host()).stream(),
            files)
        .findFirst();
  }

  private Optional<String> problem(String field, String text) {
    var url = HttpUrl.get(text);
    return patterns.isEmpty() || patterns.stream().anyMatch(pattern -> matches(pattern, url))
        ? Optional.empty()
        : Optional.of(
            "spec.%s is on %s, port %d, and the administrator allows only "
                    .formatted(field, url.host(), url.port())
                + String.join(", ", patterns)
                + ": use one of these, or ask for more");
  }

  private static boolean matches(String pattern, HttpUrl url) {
    var wanted = HttpUrl.get(plain(pattern));
    var host = url.host().replaceFirst("\\.$", "");
    boolean hostFits =
        pattern.startsWith("*.") ? host.endsWith("." + wanted.host()) : host.equals(wanted.host());
    return hostFits && (!PORT.matcher(pattern).find() || wanted.port() == url.port());
  }

  /** A URL with the pattern's host and port. */
  private static String plain(String pattern) {
    return "http://" + pattern.replaceFirst("^\\*\\.", "");
  }
}
