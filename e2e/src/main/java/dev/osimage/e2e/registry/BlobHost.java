package dev.osimage.e2e.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Where a registry sends those who read blobs. As object storages do, it refuses whoever brings the
 * registry's token along.
 */
public final class BlobHost implements AutoCloseable {

  private final HttpServer server;
  private final Path storage;
  private final boolean secure;
  private final List<String> readers = new CopyOnWriteArrayList<>();

  private BlobHost(HttpServer server, Path storage, boolean secure) {
    this.server = server;
    this.storage = storage;
    this.secure = secure;
  }

  /** Starts it at another port of the address, for the files below a folder. */
  static BlobHost start(String address, Path storage, @Nullable Tls tls) throws IOException {
    var host = new BlobHost(server(address, tls), storage, tls != null);
    host.server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    host.server.createContext("/", host::serve);
    host.server.start();
    return host;
  }

  private static HttpServer server(String address, @Nullable Tls tls) throws IOException {
    var socket = new InetSocketAddress(address, 0);
    if (tls == null) {
      return HttpServer.create(socket, 0);
    }
    var server = HttpsServer.create(socket, 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls.server(address)));
    return server;
  }

  /** Its address with scheme. */
  String url() {
    var address = server.getAddress();
    return "%s://%s:%d"
        .formatted(secure ? "https" : "http", address.getHostString(), address.getPort());
  }

  /** The User-Agent of each that was given a blob. */
  public List<String> readers() {
    return List.copyOf(readers);
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      var path = exchange.getRequestURI().getPath().substring(1);
      var file = storage.resolve(path).normalize();
      var headers = exchange.getRequestHeaders();
      if (headers.containsKey("Authorization")) {
        exchange.sendResponseHeaders(400, -1);
      } else if (!file.startsWith(storage) || !Files.isRegularFile(file)) {
        exchange.sendResponseHeaders(404, -1);
      } else if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.getResponseHeaders().set("Content-Length", String.valueOf(Files.size(file)));
        exchange.sendResponseHeaders(200, -1);
      } else {
        readers.add(Objects.requireNonNullElse(headers.getFirst("User-Agent"), ""));
        exchange.sendResponseHeaders(200, Files.size(file));
        Files.copy(file, exchange.getResponseBody());
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
