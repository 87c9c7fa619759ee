package dev.osimage.operator;

import dev.osimage.image.BuildPlan;
import dev.osimage.image.PlannedNetwork;
import dev.osimage.image.PlannedSource;
import dev.osimage.oci.http.CaBundle;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * What the administrator says about the network of all builders. Absent fields are empty.
 *
 * @param caBundle authorities that builders trust besides the usual ones, in PEM
 * @param mirrors for everything below a URL, the URLs below which it is looked for first
 */
public record BuilderNetwork(@Nullable String caBundle, Map<String, List<String>> mirrors) {

  /** Nothing out of the ordinary. */
  public static final BuilderNetwork PLAIN = new BuilderNetwork(null, Map.of());

  /** It is in the operator's environment, which Linux bounds, and in the plan of every attempt. */
  static final int MAX_CA_BUNDLE_BYTES = 96 * 1024;

  public BuilderNetwork {
    caBundle = caBundle == null || caBundle.isBlank() ? null : checked(caBundle);
    mirrors = mirrors == null ? Map.of() : normal(mirrors);
  }

  /** Reaches servers of ours as builders would reach them, without the mirrors. */
  public HttpTransport transport() {
    var plain = new HttpTransport(HttpSettings.of(Map.of()));
    return caBundle == null
        ? plain
        : plain.trusting(CaBundle.parse(caBundle.getBytes(StandardCharsets.US_ASCII)));
  }

  /** The part of it that a plan needs. */
  public PlannedNetwork of(BuildPlan plan) {
    var found = new TreeMap<String, List<String>>();
    for (var source : plan.sources()) {
      if (source instanceof PlannedSource.Http http) {
        var urls = mirrorsOf(http.url());
        if (!urls.isEmpty()) {
          found.put(http.url(), urls);
        }
      }
    }
    return new PlannedNetwork(caBundle, found);
  }

  /** The longest prefix decides. A query stays away: it may be a credential. */
  private List<String> mirrorsOf(String text) {
    var url = HttpUrl.parse(text);
    if (url == null) {
      return List.of();
    }
    var file = url.newBuilder().query(null).fragment(null).build().toString();
    return mirrors.keySet().stream()
        .filter(file::startsWith)
        .max(Comparator.comparingInt(String::length))
        .map(prefix ->
            mirrors.getOrDefault(prefix, List.of()).stream()
                .map(mirror -> mirror + file.substring(prefix.length()))
                .toList())
        .orElse(List.of());
  }

  private static String checked(String pem) {
    var bytes = pem.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_CA_BUNDLE_BYTES) {
      throw new IllegalArgumentException(
          "builder.caBundle has %d bytes, and %d are allowed"
              .formatted(bytes.length, MAX_CA_BUNDLE_BYTES));
    }
    try {
      CaBundle.parse(bytes);
    } catch (IllegalArgumentException e) {
      // Without the cause, which is about the inside of a certificate: this is what is shown.
      throw new IllegalArgumentException("builder.caBundle can't be used: " + e.getMessage());
    }
    return pem;
  }

  private static Map<String, List<String>> normal(Map<String, List<String>> mirrors) {
    var normal = new TreeMap<String, List<String>>();
    mirrors.forEach((prefix, urls) -> {
      var own = urls == null ? List.<String>of() : urls;
      if (normal.put(prefix(prefix), own.stream().map(BuilderNetwork::prefix).toList()) != null) {
        throw new IllegalArgumentException("builder.mirrors has '%s' twice".formatted(prefix));
      }
    });
    return Map.copyOf(normal);
  }

  /**
   * In the form that URLs are compared in: host in lower case, no port that goes without saying.
   */
  private static String prefix(String text) {
    var url = HttpUrl.parse(text);
    if (url == null
        || !url.encodedPath().endsWith("/")
        || !url.username().isEmpty()
        || !url.password().isEmpty()
        || url.query() != null
        || url.fragment() != null) {
      throw new IllegalArgumentException(
          "builder.mirrors: a URL there is not of the form https://host/path/, with a slash at its"
              + " end and without user, query and fragment");
    }
    return url.toString();
  }
}
