package dev.osimage.operator.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * {@code /healthz}: the process answers. {@code /readyz}: it also watches the cluster, else 503.
 */
public final class Health implements AutoCloseable {

  private final HttpServer server;

  private Health(HttpServer server) {
    this.server = server;
  }

  /** Serves on a port, 0 for any free one, until closed. */
  public static Health serve(int port, BooleanSupplier ready) throws IOException {
    var server = HttpServer.create(new InetSocketAddress(port), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/healthz", exchange -> answer(exchange, true));
    server.createContext("/readyz", exchange -> answer(exchange, ready.getAsBoolean()));
    server.start();
    return new Health(server);
  }

  /** The port that is served. */
  public int port() {
    return server.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange, boolean good) throws IOException {
    try (exchange) {
      var body = (good ? "ok\n" : "not ready\n").getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(good ? 200 : 503, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
