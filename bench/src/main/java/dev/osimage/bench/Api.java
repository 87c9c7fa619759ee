package dev.osimage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A Kubernetes API server, as one of its users sees it. */
final class Api implements AutoCloseable {

  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final int OK_END = 300;

  private final String host;
  private final String token;
  private final HttpClient client;

  /** The server at {@code host}, whose certificate is in a file, with a user's token. */
  Api(String host, String token, Path certificate) throws IOException {
    this.host = host;
    this.token = token;
    this.client = HttpClient.newBuilder().sslContext(trusting(certificate)).build();
  }

  private static SSLContext trusting(Path certificate) throws IOException {
    try (var file = Files.newInputStream(certificate)) {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(file));
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      var context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), new SecureRandom());
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads a text. */
  String get(String path) throws IOException {
    return send(request(path).GET());
  }

  /** Creates an object, and returns it as it is then. */
  JsonNode create(String path, String json) throws IOException {
    return JSON.readTree(
        send(
            request(path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json))));
  }

  /** Changes those fields of an object that {@code json} has. */
  void merge(String path, String json) throws IOException {
    send(
        request(path)
            .header("Content-Type", "application/merge-patch+json")
            .method("PATCH", BodyPublishers.ofString(json)));
  }

  /**
   * Hands each change of a list from now on to {@code changed}, on a thread of its own. It lasts
   * for half an hour at least, which is what the server promises; {@code ended} hears of its end.
   */
  void watch(String path, Consumer<JsonNode> changed, Consumer<Exception> ended)
      throws IOException {
    var version = JSON.readTree(get(path)).at("/metadata/resourceVersion").asText();
    var request = request(path + "?watch=1&resourceVersion=" + version).GET().build();
    Thread.ofVirtual()
        .start(() -> {
          try (var lines = client.send(request, BodyHandlers.ofLines()).body()) {
            lines.map(Api::parsed).forEach(changed);
            ended.accept(new IOException("the watch of " + path + " ended"));
          } catch (IOException | RuntimeException e) {
            ended.accept(e);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private static JsonNode parsed(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("https://" + host + path))
        .header("Authorization", "Bearer " + token);
  }

  private String send(HttpRequest.Builder builder) throws IOException {
    var request = builder.build();
    try {
      var response = client.send(request, BodyHandlers.ofString());
      if (response.statusCode() >= OK_END) {
        throw new IOException(
            "%s %s: %d %s"
                .formatted(request.method(), request.uri(), response.statusCode(), response.body())
                .strip());
      }
      return response.body();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
