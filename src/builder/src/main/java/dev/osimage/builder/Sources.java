package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildStep;
import dev.osimage.image.Mounts;
import dev.osimage.image.PlannedSource;
import dev.osimage.oci.Content;
import dev.osimage.oci.http.CaBundle;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** The sources of a plan, with the credentials and authorities that are mounted for them. */
final class Sources {

  private final BuildPlan plan;
  private final Mounts mounts;
  private final HttpTransport http;
  private final RetryPolicy retries;
  private final Patience patience;

  Sources(
      BuildPlan plan, Mounts mounts, HttpTransport http, RetryPolicy retries, Patience patience) {
    this.plan = plan;
    this.mounts = mounts;
    this.http = http;
    this.retries = retries;
    this.patience = patience;
  }

  /**
   * The places where the source with this index is to be looked for: its mirrors in their order,
   * and last its own. A {@link BuildFailure} says what it lacks.
   */
  List<Source> get(int index) {
    return switch (plan.sources().get(index)) {
      case PlannedSource.Inline inline ->
          List.of(of(Content.of(inline.text().getBytes(StandardCharsets.UTF_8))));
      case PlannedSource.Local local -> List.of(of(Content.of(Path.of(local.file()))));
      case PlannedSource.Http web -> web(web, names(index));
    };
  }

  private List<Source> web(PlannedSource.Http web, String parts) {
    var mirrors =
        plan.network().mirrorsOf(web.url()).stream()
            .map(url -> new WebFile(http, HttpUrl.get(url), true, null, parts, retries, patience));
    return Stream.concat(mirrors, Stream.of(original(web, parts))).toList();
  }

  /** The parts that are made of a source, as the beginning of a message. */
  private String names(int index) {
    return plan.parts().stream()
        .filter(part -> part.source() == index)
        .map(part -> part.name().text())
        .collect(Collectors.joining(", "));
  }

  private Source original(PlannedSource.Http web, String parts) {
    var url = HttpUrl.parse(web.url());
    if (url == null) {
      throw new BuildFailure(
          BuildStep.SOURCE,
          Reason.INVALID_SPEC,
          parts + ": http.url is not a URL that can be fetched");
    }
    var secret =
        web.secret() == null
            ? null
            : new MountedSecret(mounts.secret(web.secret()), "http.secretRef of " + parts);
    return new WebFile(
        trusting(http, mounts, web.caBundle(), "http.caBundleRef of " + parts),
        url,
        false,
        secret,
        parts,
        retries,
        patience);
  }

  /** The transport with the authorities that the administrator trusts for every server. */
  static HttpTransport trusting(HttpTransport http, @Nullable String pem) {
    return pem == null ? http : http.trusting(CaBundle.parse(pem.getBytes(StandardCharsets.UTF_8)));
  }

  /** The transport with the authorities of a mounted ConfigMap, if there is one. */
  static HttpTransport trusting(
      HttpTransport http, Mounts mounts, @Nullable String caBundle, String field) {
    if (caBundle == null) {
      return http;
    }
    var file = mounts.caBundle(caBundle).resolve(Mounts.CA_KEY);
    try (var in = Files.newInputStream(file)) {
      return http.trusting(CaBundle.parse(in.readNBytes(CaBundle.MAX_BYTES)));
    } catch (IOException e) {
      throw unusable(field, "does not exist, or has no key " + Mounts.CA_KEY, e);
    } catch (IllegalArgumentException e) {
      throw unusable(
          field, "can't be used, its key %s: %s".formatted(Mounts.CA_KEY, e.getMessage()), e);
    }
  }

  private static BuildFailure unusable(String field, String sentence, Exception cause) {
    return new BuildFailure(
        BuildStep.CREDENTIALS,
        Reason.CA_BUNDLE_UNUSABLE,
        "the ConfigMap in %s %s; the next attempt reads it again".formatted(field, sentence),
        cause);
  }

  private static Source of(Content content) {
    return new Source() {
      @Override
      public Opened open() throws IOException {
        return new Opened(content.open(), content.size());
      }

      @Override
      public List<String> hosts() {
        return List.of();
      }
    };
  }
}
