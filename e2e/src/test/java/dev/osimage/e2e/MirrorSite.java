package dev.osimage.e2e;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.osimage.e2e.registry.Ports;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;

/**
 * A web server, its two mirrors, and what the operator that all proofs share is told of them. They
 * have ports of their own from the beginning, and listen when a proof starts them.
 */
final class MirrorSite {

  private final HeldCertificate authority;
  private final URI origin;
  private final URI plain;
  private final URI secure;

  MirrorSite(String address, HeldCertificate authority) {
    this.authority = authority;
    origin = URI.create("http://" + Ports.free(address) + "/releases/");
    plain = URI.create("http://" + Ports.free(address) + "/mirror/");
    secure = URI.create("https://" + Ports.free(address) + "/");
  }

  /** The chart's values. */
  List<String> values() {
    var key = origin.toString().replace(".", "\\.");
    return List.of("builder.mirrors.%s={%s,%s}".formatted(key, plain, secure));
  }

  String url(String name) {
    return origin + name;
  }

  /** Starts the web server itself, with one file. */
  Web origin(String name, byte[] content) throws IOException {
    return new Web(HttpServer.create(address(origin), 0), origin.getPath() + name, content);
  }

  /** Starts the first mirror, which has no TLS. */
  Web plain(String name, byte[] content) throws IOException {
    return new Web(HttpServer.create(address(plain), 0), plain.getPath() + name, content);
  }

  /** Starts the second mirror, which has TLS by the authority of the chart's bundle. */
  Web secure(String name, byte[] content) throws IOException {
    var certificate =
        new HeldCertificate.Builder()
            .signedBy(authority)
            .addSubjectAlternativeName(secure.getHost())
            .build();
    var tls = new HandshakeCertificates.Builder().heldCertificate(certificate).build();
    var server = HttpsServer.create(address(secure), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls.sslContext()));
    return new Web(server, secure.getPath() + name, content);
  }

  String plainUrl(String name) {
    return plain + name;
  }

  private static InetSocketAddress address(URI uri) {
    return new InetSocketAddress(uri.getHost(), uri.getPort());
  }

  /** One file on a web server, and what those who asked had in their headers. */
  static final class Web implements AutoCloseable {

    private final HttpServer server;
    private final Map<String, byte[]> files;
    private final List<Headers> requests = new CopyOnWriteArrayList<>();

    private Web(HttpServer server, String path, byte[] content) {
      this.server = server;
      this.files = Map.of(path, content);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.createContext("/", this::serve);
      server.start();
    }

    List<Headers> requests() {
      return List.copyOf(requests);
    }

    private void serve(HttpExchange exchange) throws IOException {
      try (exchange) {
        requests.add(exchange.getRequestHeaders());
        var content = files.get(exchange.getRequestURI().getPath());
        if (content == null) {
          exchange.sendResponseHeaders(404, -1);
          return;
        }
        exchange.sendResponseHeaders(200, content.length);
        exchange.getResponseBody().write(content);
      }
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }
}
