package dev.osimage.gateway;

import dev.osimage.api.Durations;
import dev.osimage.gateway.web.AppendRules;
import dev.osimage.gateway.web.ServerCertificate;
import dev.osimage.gateway.web.WebSettings;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the administrator sets, from environment variables; the chart's values are the place to
 * change them.
 *
 * @param web how machines are served
 * @param cache folder of the cache
 * @param cacheBytes how large it may become
 * @param dockerConfig file with credentials of registries; it need not exist
 * @param caBundle file with authorities that registries are trusted by; it need not exist
 * @param namespaces those whose OsImages are served; all when there are none
 * @param proxies the ways to registries, by the usual variables' names; the API server is reached
 *     without
 * @param healthPort port of the health endpoints and metrics
 * @param transfersPerRegistry how many blobs are fetched from one registry at once
 */
record Settings(
    WebSettings web,
    Path cache,
    long cacheBytes,
    Path dockerConfig,
    Path caBundle,
    List<String> namespaces,
    Map<String, String> proxies,
    int healthPort,
    int transfersPerRegistry) {

  private static final String PREFIX = "OSIMAGE_GATEWAY_";

  /** Reads the settings; {@link IllegalArgumentException} names the variable that is wrong. */
  static Settings from(Map<String, String> env) {
    return new Settings(
        web(env),
        Path.of(env.getOrDefault("OSIMAGE_GATEWAY_CACHE", "/var/cache/osimage")),
        number(env, "OSIMAGE_GATEWAY_CACHE_BYTES", 20L << 30, 1, Long.MAX_VALUE),
        Path.of(env.getOrDefault("OSIMAGE_GATEWAY_DOCKER_CONFIG", "/etc/osimage/registries.json")),
        Path.of(env.getOrDefault("OSIMAGE_GATEWAY_CA_BUNDLE", "/etc/osimage/ca.crt")),
        list(env, "OSIMAGE_WATCH_NAMESPACES"),
        proxies(env),
        (int) number(env, "OSIMAGE_GATEWAY_HEALTH_PORT", 8081, 0, 65535),
        (int) number(env, "OSIMAGE_GATEWAY_TRANSFERS", 4, 1, 64));
  }

  private static Map<String, String> proxies(Map<String, String> env) {
    return Stream.of("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
        .filter(name -> env.containsKey(PREFIX + name))
        .collect(Collectors.toMap(name -> name, name -> env.get(PREFIX + name)));
  }

  private static WebSettings web(Map<String, String> env) {
    var baseUrl = env.getOrDefault("OSIMAGE_GATEWAY_URL", "");
    if (baseUrl.isEmpty()) {
      throw new IllegalArgumentException("OSIMAGE_GATEWAY_URL is not set");
    }
    try {
      return new WebSettings(
          (int) number(env, "OSIMAGE_GATEWAY_PORT", 8080, 0, 65535),
          Optional.ofNullable(env.get("OSIMAGE_GATEWAY_TLS"))
              .map(folder -> ServerCertificate.in(Path.of(folder))),
          baseUrl,
          new AppendRules(Set.copyOf(list(env, "OSIMAGE_GATEWAY_APPEND"))),
          (int) number(env, "OSIMAGE_GATEWAY_CONNECTIONS", 8192, 1, 1_000_000),
          Durations.parse(env.getOrDefault("OSIMAGE_GATEWAY_IDLE_TIMEOUT", "2m")),
          Durations.parse(env.getOrDefault("OSIMAGE_GATEWAY_REQUEST_TIMEOUT", "10s")),
          (int) number(env, "OSIMAGE_GATEWAY_REQUESTS_PER_SECOND", 0, 0, 1_000_000));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("OSIMAGE_GATEWAY_…: " + e.getMessage(), e);
    }
  }

  private static long number(
      Map<String, String> env, String name, long fallback, long min, long max) {
    var value = env.getOrDefault(name, String.valueOf(fallback));
    if (value.matches("\\d{1,18}")) {
      long number = Long.parseLong(value);
      if (number >= min && number <= max) {
        return number;
      }
    }
    throw new IllegalArgumentException(
        "%s is not a number from %d to %d".formatted(name, min, max));
  }

  private static List<String> list(Map<String, String> env, String name) {
    return Arrays.stream(env.getOrDefault(name, "").split(",", -1))
        .map(String::strip)
        .filter(item -> !item.isEmpty())
        .toList();
  }
}
