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
import okhttp3.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads boot URLs at the registry itself as machines do, where no boot gateway stands between: with
 * no credentials, and no token either, for which they would not know how to ask.
 */
final class BootUrlProbe {

  private static final String NO_TOKENS =
      " for want of a token, for which machines can't ask: install the boot gateway (chart:"
          + " gateway.enabled)";
  private static final String NOBODY =
      " without credentials: let anybody pull there, or install the boot gateway (chart:"
          + " gateway.enabled)";

  private static final Logger LOG = LoggerFactory.getLogger(BootUrlProbe.class);

  private final HttpTransport http;

  BootUrlProbe(HttpTransport http) {
    this.http = http;
  }

  /**
   * Asks for the first byte of each, and tells of the first that machines can't have. Nothing is
   * found where a registry does not answer: that passes, and the next look may see more.
   */
  Optional<BootLook> look(List<String> urls) {
    try {
      for (var url : urls) {
        var wrong = wrong(HttpUrl.get(url));
        if (wrong.isPresent()) {
          return wrong;
        }
      }
    } catch (IOException e) {
      LOG.warn("a boot URL can't be tried: {}", ConnectionFailure.describe(e));
      return Optional.empty();
    }
    return Optional.of(
        new BootLook(Reason.BOOT_URLS_REACHABLE, "the registry gives every part to whoever asks"));
  }

  private Optional<BootLook> wrong(HttpUrl url) throws IOException {
    var request = new Request.Builder().url(url).header("Range", "bytes=0-0").build();
    try (var response = http.follow(request, Set.of())) {
      // Not every store of blobs knows ranges, and machines can do without.
      return response.isSuccessful() ? Optional.empty() : Optional.of(refused(url, response));
    } catch (RedirectException e) {
      return Optional.of(new BootLook(Reason.REGISTRY_REFUSED, sentence(url, e)));
    } catch (IOException e) {
      if (ConnectionFailure.isUntrusted(e)) {
        return Optional.of(new BootLook(Reason.UNTRUSTED_CERTIFICATE, sentence(url, e)));
      }
      throw e;
    }
  }

  private static String sentence(HttpUrl url, IOException e) {
    return Origins.withoutSecrets(url) + ": " + ConnectionFailure.describe(e);
  }

  private static BootLook refused(HttpUrl url, Response response) throws IOException {
    int status = response.code();
    var sentence = "%s: HTTP %d".formatted(Origins.withoutSecrets(url), status);
    if (status >= 500 || status == 429 || status == 408) {
      throw new IOException(sentence);
    }
    return switch (status) {
      case 401, 403 ->
          new BootLook(
              Reason.CREDENTIALS_MISSING, sentence + (wantsToken(response) ? NO_TOKENS : NOBODY));
      // Some say so of what is not for everybody.
      case 404 -> new BootLook(Reason.REGISTRY_REFUSED, sentence + NOBODY);
      default -> new BootLook(Reason.REGISTRY_REFUSED, sentence);
    };
  }

  private static boolean wantsToken(Response response) {
    return response.headers("WWW-Authenticate").stream()
        .anyMatch(challenge -> challenge.regionMatches(true, 0, "Bearer", 0, 6));
  }
}
