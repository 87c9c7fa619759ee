package dev.osimage.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Credentials;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.BufferedSink;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/** Stands before the real registry and writes down every request. */
final class RegistryRecorder implements AutoCloseable {

  private static final Set<String> WITH_BODY = Set.of("POST", "PATCH", "PUT");

  private static final String GATEWAY = "osimage-gateway";

  private static final List<String> FORWARDED = List.of("Accept", "Range");

  private final HttpServer server;
  private final String registry;
  private volatile boolean refusesDeletes;
  private volatile @Nullable String authorization;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> fetches = new CopyOnWriteArrayList<>();
  private volatile Duration slowness = Duration.ZERO;
  private final AtomicInteger refused = new AtomicInteger();
  private final OkHttpClient http =
      new OkHttpClient.Builder().readTimeout(Duration.ofMinutes(2)).build();

  RegistryRecorder(Cluster cluster) throws IOException {
    registry = cluster.registry();
    server = HttpServer.create(new InetSocketAddress(cluster.address(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::forward);
    server.start();
  }

  /** {@code host:port} to publish to. */
  String host() {
    return server.getAddress().getHostString() + ":" + server.getAddress().getPort();
  }

  /**
   * Method and path of every request so far, but for those that were refused, and for the boot
   * gateway's, which come at any time.
   */
  List<String> requests() {
    return List.copyOf(requests);
  }

  /** From now on each answer to the boot gateway takes so long. */
  void slowDownGateway(Duration time) {
    slowness = time;
  }

  /** How often the boot gateway has asked for a blob. */
  long fetchesOf(Digest blob) {
    return fetches.stream().filter(path -> path.endsWith("/blobs/" + blob)).count();
  }

  /** From now on it answers as a registry that does not delete. */
  void refuseDeletes() {
    refusesDeletes = true;
  }

  /** From now on it wants this password, and no other one. */
  void protect(String username, String password) {
    authorization = Credentials.basic(username, password);
  }

  /** How many requests came with another password than the one that is wanted. */
  int refused() {
    return refused.get();
  }

  private void forward(HttpExchange exchange) throws IOException {
    try (exchange) {
      var uri = exchange.getRequestURI();
      var method = exchange.getRequestMethod();
      if (isRefused(exchange)) {
        exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"osimage\"");
        exchange.sendResponseHeaders(401, -1);
        return;
      }
      boolean gateway = GATEWAY.equals(exchange.getRequestHeaders().getFirst("User-Agent"));
      if (!gateway) {
        requests.add(method + " " + uri.getPath());
      } else if (method.equals("GET")) {
        fetches.add(uri.getPath());
      }
      if (refusesDeletes && method.equals("DELETE")) {
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      var request =
          new Request.Builder()
              .url("http://" + registry + uri)
              .method(method, WITH_BODY.contains(method) ? body(exchange) : null)
              // The registry makes its Locations of this.
              .header("Host", host());
      for (var header : FORWARDED) {
        exchange
            .getRequestHeaders()
            .getOrDefault(header, List.of())
            .forEach(value -> request.addHeader(header, value));
      }
      try (var response = http.newCall(request.build()).execute()) {
        response
            .headers()
            .forEach(
                header -> exchange.getResponseHeaders().add(header.getFirst(), header.getSecond()));
        var bytes = method.equals("HEAD") ? new byte[0] : response.body().bytes();
        exchange.getResponseHeaders().remove("Transfer-Encoding");
        exchange.sendResponseHeaders(response.code(), bytes.length == 0 ? -1 : bytes.length);
        write(bytes, exchange.getResponseBody(), gateway ? slowness : Duration.ZERO);
      }
    }
  }

  private static void write(byte[] bytes, OutputStream out, Duration time) throws IOException {
    if (time.isZero()) {
      out.write(bytes);
      return;
    }
    int pieces = 100;
    int piece = bytes.length / pieces + 1;
    try {
      for (int start = 0; start < bytes.length; start += piece) {
        Thread.sleep(time.dividedBy(pieces));
        out.write(bytes, start, Math.min(piece, bytes.length - start));
        out.flush();
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private boolean isRefused(HttpExchange exchange) {
    var wanted = authorization;
    var given = exchange.getRequestHeaders().getFirst("Authorization");
    if (wanted == null || wanted.equals(given)) {
      return false;
    }
    if (given != null) {
      refused.incrementAndGet();
    }
    return true;
  }

  private static RequestBody body(HttpExchange exchange) {
    var type = exchange.getRequestHeaders().getFirst("Content-Type");
    var length = exchange.getRequestHeaders().getFirst("Content-Length");
    return new RequestBody() {
      @Override
      public @Nullable MediaType contentType() {
        return type == null ? null : MediaType.get(type);
      }

      @Override
      public long contentLength() {
        return length == null ? -1 : Long.parseLong(length);
      }

      @Override
      public boolean isOneShot() {
        return true;
      }

      @Override
      public void writeTo(BufferedSink sink) throws IOException {
        sink.writeAll(Okio.source(exchange.getRequestBody()));
      }
    };
  }

  /** From now on nobody answers. */
  void stop() {
    server.stop(0);
  }

  @Override
  public void close() {
    stop();
  }
}
