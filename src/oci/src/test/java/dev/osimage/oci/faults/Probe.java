package dev.osimage.oci.faults;

import dev.osimage.oci.Digest;
import dev.osimage.oci.MediaTypes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/** A client that knows nothing of registries, to look at one from outside. */
final class Probe implements AutoCloseable {

  static final String NAME = "/v2/os/debian";
  static final String OCTETS = "Content-Type: application/octet-stream";
  static final String MANIFEST = "Content-Type: " + MediaTypes.IMAGE_MANIFEST;
  static final String ACCEPT = "Accept: " + MediaTypes.IMAGE_MANIFEST;

  /** What a request came to. */
  record Reply(HttpResponse<byte[]> response) {

    int status() {
      return response.statusCode();
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    String text() {
      return new String(response.body(), StandardCharsets.UTF_8);
    }

    /** The next Location, as a URL. */
    String location() {
      return response.uri().resolve(header("Location")).toString();
    }
  }

  private final FaultRegistry registry;
  private final HttpClient http;

  Probe(FaultRegistry registry) {
    this(registry, HttpClient.newBuilder());
  }

  Probe(FaultRegistry registry, SSLContext tls) {
    this(registry, HttpClient.newBuilder().sslContext(tls));
  }

  private Probe(FaultRegistry registry, HttpClient.Builder http) {
    this.registry = registry;
    this.http = http.version(HttpClient.Version.HTTP_1_1).build();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  Reply get(String target, String... headers) throws IOException {
    return send("GET", target, BodyPublishers.noBody(), headers);
  }

  Reply head(String target, String... headers) throws IOException {
    return send("HEAD", target, BodyPublishers.noBody(), headers);
  }

  Reply delete(String target, String... headers) throws IOException {
    return send("DELETE", target, BodyPublishers.noBody(), headers);
  }

  Reply post(String target, String body, String... headers) throws IOException {
    return send("POST", target, BodyPublishers.ofString(body), headers);
  }

  Reply patch(String target, String body, String... headers) throws IOException {
    return send("PATCH", target, BodyPublishers.ofString(body), headers);
  }

  /** With chunked transfer encoding, as a body of unknown length is sent. */
  Reply patchChunked(String target, String body) throws IOException {
    var stream = new ByteArrayInputStream(bytes(body));
    return send("PATCH", target, BodyPublishers.ofInputStream(() -> stream));
  }

  Reply put(String target, String body, String... headers) throws IOException {
    return send("PUT", target, BodyPublishers.ofString(body), headers);
  }

  /** Opens an upload and returns its Location. */
  String open() throws IOException {
    return post(NAME + "/blobs/uploads/", "").location();
  }

  /** The Location with the digest of this content, for the closing PUT. */
  static String closing(String location, String content) {
    var digest = "digest=sha256%3A" + Digest.of(bytes(content)).hex();
    return location + (location.contains("?") ? "&" : "?") + digest;
  }

  /** Pushes a blob in one PATCH; the status of the closing PUT. */
  int push(String content) throws IOException {
    var patched = patch(open(), content, OCTETS);
    return put(closing(patched.location(), content), "").status();
  }

  Reply send(String method, String target, BodyPublisher body, String... headers)
      throws IOException {
    var url = target.startsWith("/") ? registry.url() + target : target;
    var request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(Duration.ofSeconds(10))
            .method(method, body);
    for (var header : headers) {
      request.header(header.split(": ", 2)[0], header.split(": ", 2)[1]);
    }
    try {
      return new Reply(http.send(request.build(), BodyHandlers.ofByteArray()));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Sends these characters on a connection of its own, and all that comes until its end. */
  String raw(String sent) throws IOException {
    try (var socket = connect()) {
      socket.getOutputStream().write(sent.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /** A connection to the registry. */
  Socket connect() {
    try {
      var address = URI.create(registry.url());
      var socket = new Socket(address.getHost(), address.getPort());
      socket.setSoTimeout(10_000);
      return socket;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    http.close();
  }
}
