package dev.osimage.oci.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.osimage.oci.http.ClosedTransportException;
import dev.osimage.oci.http.ConnectionFailure;
import dev.osimage.oci.http.RedirectException;
import dev.osimage.oci.http.RetryAfter;
import dev.osimage.oci.registry.RegistryException.Kind;
import dev.osimage.oci.registry.RegistryException.Outlook;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import okhttp3.HttpUrl;
import okhttp3.Response;

/** Makes a {@link RegistryException} of what went wrong. */
final class RegistryFailure {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BODY_LIMIT = 64 * 1024;
  private static final int BODY_SECONDS = 10;

  private RegistryFailure() {}

  static RegistryException of(HttpUrl server, String doing, IOException cause) {
    if (cause instanceof RedirectException) {
      return new RegistryException(
          Kind.PROTOCOL,
          0,
          "",
          Outlook.FINAL,
          null,
          sentence(server, doing) + cause.getMessage(),
          cause);
    }
    boolean untrusted = ConnectionFailure.isUntrusted(cause);
    boolean ended =
        cause instanceof ClosedTransportException
            || (cause instanceof InterruptedIOException
                && !(cause instanceof SocketTimeoutException)
                && Thread.currentThread().isInterrupted());
    return new RegistryException(
        untrusted ? Kind.UNTRUSTED : Kind.UNAVAILABLE,
        0,
        "",
        untrusted || ended ? Outlook.FINAL : Outlook.PASSING,
        null,
        sentence(server, doing) + ConnectionFailure.describe(cause),
        cause);
  }

  static RegistryException of(HttpUrl server, String doing, Response response) {
    int status = response.code();
    var error = firstError(response);
    var code = error.path("code").asText("");
    var detail = (code + " " + error.path("message").asText("")).strip();
    var message = sentence(server, doing) + "HTTP " + status;
    if (!detail.isEmpty()) {
      message += " (" + ConnectionFailure.shortened(detail) + ")";
    }
    var kind = kind(status);
    var retryAfter = RetryAfter.parse(response.header("Retry-After"), Instant.now());
    return new RegistryException(
        kind,
        status,
        code,
        kind == Kind.UNAVAILABLE ? Outlook.PASSING : Outlook.FINAL,
        retryAfter.orElse(null),
        message,
        null);
  }

  static RegistryException protocol(HttpUrl server, String doing, String found) {
    return new RegistryException(
        Kind.PROTOCOL,
        0,
        "",
        Outlook.FINAL,
        null,
        sentence(server, doing) + "it answered with " + found,
        null);
  }

  /** The credentials can't be used as they are. */
  static RegistryException unusable(HttpUrl server, String why) {
    return new RegistryException(
        Kind.UNAUTHORIZED, 0, "", Outlook.FINAL, null, sentence(server, "signing in") + why, null);
  }

  /** The same failure, which says that the registry does not do such things at all. */
  static RegistryException unsupported(RegistryException failure) {
    return as(failure, Kind.UNSUPPORTED, Outlook.FINAL);
  }

  /** The same failure, which the next try may well not meet. */
  static RegistryException passing(RegistryException failure) {
    return as(failure, Outlook.PASSING);
  }

  /** The same failure, which was tried often enough. */
  static RegistryException exhausted(RegistryException failure) {
    return as(failure, Outlook.EXHAUSTED);
  }

  /** The same failure, after which the next try is made in another way. */
  static RegistryException learned(RegistryException failure) {
    return as(failure, Outlook.LEARNED);
  }

  private static RegistryException as(RegistryException failure, Outlook outlook) {
    return as(failure, failure.kind(), outlook);
  }

  private static RegistryException as(RegistryException failure, Kind kind, Outlook outlook) {
    return new RegistryException(
        kind,
        failure.status(),
        failure.code(),
        outlook,
        failure.retryAfter().orElse(null),
        String.valueOf(failure.getMessage()),
        failure);
  }

  private static String sentence(HttpUrl server, String doing) {
    boolean usual = server.port() == HttpUrl.defaultPort(server.scheme());
    var host = server.host().contains(":") ? "[" + server.host() + "]" : server.host();
    return "%s at %s failed: ".formatted(doing, usual ? host : host + ":" + server.port());
  }

  private static Kind kind(int status) {
    return switch (status) {
      case 401, 403 -> Kind.UNAUTHORIZED;
      case 408, 425, 429, 499 -> Kind.UNAVAILABLE;
      case 501, 505 -> Kind.REFUSED;
      default -> status >= 500 ? Kind.UNAVAILABLE : Kind.REFUSED;
    };
  }

  private static JsonNode firstError(Response response) {
    try {
      // Neither long bodies nor slow ones keep anybody waiting: the status is known.
      response.body().source().timeout().deadline(BODY_SECONDS, TimeUnit.SECONDS);
      var body = response.body().byteStream().readNBytes(BODY_LIMIT);
      return JSON.readTree(body).path("errors").path(0);
    } catch (IOException e) {
      // Proxies in front of registries answer with HTML; the status says enough.
      return JSON.missingNode();
    }
  }
}
