package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BootLook;
import dev.osimage.oci.http.ConnectionFailure;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.Origins;
import dev.osimage.oci.http.RedirectException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;

/**
 * Reads boot URLs at the registry itself as machines do, where no boot gateway stands between: with
 * no credentials, and no token either, for which they would not know how to ask.
 */
final class BootUrlProbe {

  private static final String INSTEAD =
      "; let anybody pull there, or install the boot gateway (chart: gateway.enabled)";

  private final HttpTransport http;

  BootUrlProbe(HttpTransport http) {
    this.http = http;
  }

  /** Asks for the first byte of each; what is found of the first that fails is told. */
  BootLook look(List<String> urls) {
    return urls.stream()
        .map(HttpUrl::get)
        .flatMap(url -> wrong(url).stream())
        .findFirst()
        .orElseGet(() ->
            new BootLook(
                Reason.BOOT_URLS_REACHABLE, "the registry gives every part to whoever asks"));
  }

  private Optional<BootLook> wrong(HttpUrl url) {
    var request = new Request.Builder().url(url).header("Range", "bytes=0-0").build();
    try (var response = http.follow(request, Set.of())) {
      // Not every store of blobs knows ranges, and machines can do without.
      return response.isSuccessful()
          ? Optional.empty()
          : Optional.of(refused(url, response.code()));
    } catch (IOException e) {
      return Optional.of(
          new BootLook(
              reason(e), Origins.withoutSecrets(url) + ": " + ConnectionFailure.describe(e)));
    }
  }

  private static BootLook refused(HttpUrl url, int status) {
    var sentence = "%s: HTTP %d".formatted(Origins.withoutSecrets(url), status);
    return switch (status) {
      case 401, 403 ->
          new BootLook(Reason.CREDENTIALS_MISSING, sentence + " without credentials" + INSTEAD);
      case 404 ->
          // Some say so of what is not for everybody.
          new BootLook(Reason.REGISTRY_REFUSED, sentence + " without credentials" + INSTEAD);
      default ->
          new BootLook(
              status >= 500 || status == 429
                  ? Reason.REGISTRY_UNAVAILABLE
                  : Reason.REGISTRY_REFUSED,
              sentence);
    };
  }

  private static Reason reason(IOException e) {
    if (ConnectionFailure.isUntrusted(e)) {
      return Reason.UNTRUSTED_CERTIFICATE;
    }
    return e instanceof RedirectException ? Reason.REGISTRY_REFUSED : Reason.REGISTRY_UNAVAILABLE;
  }
}
