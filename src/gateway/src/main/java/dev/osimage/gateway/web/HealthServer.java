package dev.osimage.gateway.web;

import io.undertow.Undertow;
import java.net.InetSocketAddress;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Tells kubelet and Prometheus how the gateway is: at a port of its own, so that machines that take
 * all connections do not make it look dead, and see none of it.
 */
public final class HealthServer implements AutoCloseable {

  private final Undertow server;

  /**
   * Answers at {@code port}; 0 is any that is free.
   *
   * @param ready tells whether machines may be sent here
   * @param scrape the metrics as text
   */
  public HealthServer(int port, BooleanSupplier ready, Supplier<String> scrape) {
    server =
        Undertow.builder()
            .addHttpListener(port, "0.0.0.0")
            .setIoThreads(1)
            .setWorkerThreads(1)
            .setHandler(exchange -> {
              switch (exchange.getRequestPath()) {
                case "/healthz" -> Answers.text(exchange, "ok\n");
                case "/readyz" -> {
                  if (ready.getAsBoolean()) {
                    Answers.text(exchange, "ok\n");
                  } else {
                    Answers.refuse(exchange, Problem.UNKNOWN_YET);
                  }
                }
                case "/metrics" -> Answers.text(exchange, scrape.get());
                default -> Answers.refuse(exchange, new Problem(404, "not here"));
              }
            })
            .build();
  }

  /** Begins to answer. */
  public void start() {
    server.start();
  }

  /** Where it answers. */
  public int port() {
    return ((InetSocketAddress) server.getListenerInfo().getFirst().getAddress()).getPort();
  }

  @Override
  public void close() {
    server.stop();
  }
}
