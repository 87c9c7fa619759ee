package dev.osimage.oci.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.osimage.oci.http.ConnectionFailure;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import okhttp3.Response;

/** Makes a {@link RegistryException} of what went wrong. */
final class RegistryFailure {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BODY_LIMIT = 64 * 1024;

  private RegistryFailure() {}

  static RegistryException of(String host, String doing, IOException cause) {
    var kind = ConnectionFailure.isUntrusted(cause) ? Kind.UNTRUSTED : Kind.UNAVAILABLE;
    return new RegistryException(
        kind, 0, "", sentence(host, doing) + ConnectionFailure.describe(cause), cause);
  }

  static RegistryException of(String host, String doing, Response response) {
    int status = response.code();
    var error = firstError(response);
    var code = error.path("code").asText("");
    var detail = (code + " " + error.path("message").asText("")).strip();
    var message = sentence(host, doing) + "HTTP " + status;
    if (!detail.isEmpty()) {
      message += " (" + ConnectionFailure.shortened(detail) + ")";
    }
    return new RegistryException(kind(status), status, code, message, null);
  }

  static RegistryException protocol(String host, String doing, String found) {
    return new RegistryException(
        Kind.PROTOCOL, 0, "", sentence(host, doing) + "it answered with " + found, null);
  }

  private static String sentence(String host, String doing) {
    return "registry " + host + " failed to " + doing + ": ";
  }

  private static Kind kind(int status) {
    return switch (status) {
      case 401, 403 -> Kind.UNAUTHORIZED;
      case 408, 429 -> Kind.UNAVAILABLE;
      default -> status >= 500 ? Kind.UNAVAILABLE : Kind.REFUSED;
    };
  }

  private static JsonNode firstError(Response response) {
    try {
      var body = response.body().byteStream().readNBytes(BODY_LIMIT);
      return JSON.readTree(body).path("errors").path(0);
    } catch (IOException e) {
      // Proxies in front of registries answer with HTML; the status says enough.
      return JSON.missingNode();
    }
  }
}
