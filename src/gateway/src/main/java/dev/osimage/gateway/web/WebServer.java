package dev.osimage.gateway.web;

import dev.osimage.gateway.cache.BlobCache;
import dev.osimage.gateway.catalog.Catalog;
import dev.osimage.gateway.upstream.Registries;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.GracefulShutdownHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.Options;

/** The HTTP server of the gateway: HTTP/1.0 and 1.1, with TLS where there is a certificate. */
public final class WebServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WebServer.class);
  private static final int MAX_HEADER_BYTES = 16 * 1024;
  private static final int MAX_HEADERS = 64;
  private static final int MAX_PARAMETERS = 16;
  private static final int HEAD_BUFFER = 4 * 1024;
  private static final int BACKLOG = 1024;
  private static final String ADDRESS = "0.0.0.0";

  /** How often the certificate is looked at: those that replace it are valid before it ends. */
  private static final Duration CERTIFICATE_LOOK = Duration.ofSeconds(30);

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("certificate-", 0).factory());
  private final Optional<ServerCertificate> certificate;
  private ServerCertificate.@Nullable Content served;
  private final GracefulShutdownHandler handler;
  private final Undertow server;

  /** Serves what {@code catalog} names; {@link IOException} says why the certificate can't be. */
  public WebServer(
      Catalog catalog,
      BlobCache cache,
      Registries registries,
      WebSettings settings,
      WebMetrics metrics)
      throws IOException {
    var limit = new ClientLimit(settings.requestsPerSecond(), Clock.systemUTC());
    var routes = new Routes(catalog, cache, registries, settings, metrics);
    this.handler =
        new GracefulShutdownHandler(exchange -> {
          metrics.begun();
          exchange.addExchangeCompleteListener((ended, next) -> {
            metrics.ended(ended.getStatusCode());
            log(ended);
            next.proceed();
          });
          if (limit.admits(exchange.getSourceAddress().getAddress())) {
            exchange.dispatch(threads, routes);
          } else {
            Answers.refuse(exchange, new Problem(429, "too many requests from this address"));
          }
        });
    this.certificate = settings.certificate();
    this.server =
        listener(settings.port())
            .setIoThreads(Math.max(2, Runtime.getRuntime().availableProcessors()))
            .setWorkerThreads(1)
            // For heads of requests only: files go from the page cache into the socket.
            .setDirectBuffers(false)
            .setBufferSize(HEAD_BUFFER)
            .setHandler(handler)
            .setSocketOption(Options.BACKLOG, BACKLOG)
            // Of a client that takes nothing. While an answer waits for a registry, nothing is
            // written.
            .setSocketOption(Options.WRITE_TIMEOUT, millis(settings.idleTimeout()))
            .setSocketOption(Options.CONNECTION_HIGH_WATER, settings.maxConnections())
            .setSocketOption(Options.CONNECTION_LOW_WATER, settings.maxConnections())
            .setServerOption(UndertowOptions.MAX_HEADER_SIZE, MAX_HEADER_BYTES)
            .setServerOption(UndertowOptions.MAX_HEADERS, MAX_HEADERS)
            .setServerOption(UndertowOptions.MAX_PARAMETERS, MAX_PARAMETERS)
            // 0 would be no limit.
            .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, 1L)
            .setServerOption(UndertowOptions.DECODE_URL, false)
            .setServerOption(UndertowOptions.ENABLE_HTTP2, false)
            .setServerOption(UndertowOptions.NO_REQUEST_TIMEOUT, millis(settings.idleTimeout()))
            .setServerOption(
                UndertowOptions.REQUEST_PARSE_TIMEOUT, millis(settings.requestTimeout()))
            .build();
  }

  private Undertow.Builder listener(int port) throws IOException {
    var builder = Undertow.builder();
    if (certificate.isEmpty()) {
      return builder.addHttpListener(port, ADDRESS);
    }
    var content = certificate.get().read();
    served = content;
    return builder.addHttpsListener(port, ADDRESS, content.context());
  }

  /** Serves another certificate from now on, if there is one that can be used. */
  void renew(ServerCertificate source) {
    try {
      var content = source.read();
      if (!content.equals(served)) {
        server.getListenerInfo().getFirst().setSslContext(content.context());
        served = content;
        LOG.info("serving with another certificate");
      }
    } catch (IOException | RuntimeException e) {
      // An exception would end the looks.
      LOG.warn("the certificate stays what it was: {}", e.getMessage());
    }
  }

  private static int millis(Duration duration) {
    return Math.toIntExact(duration.toMillis());
  }

  private static void log(HttpServerExchange exchange) {
    if (LOG.isInfoEnabled()) {
      LOG.info(
          "{} {} {} {} {} bytes",
          exchange.getSourceAddress().getAddress().getHostAddress(),
          exchange.getRequestMethod(),
          exchange.getRequestURI(),
          exchange.getStatusCode(),
          exchange.getResponseBytesSent());
    }
  }

  /** Begins to serve. */
  public void start() {
    server.start();
    certificate.ifPresent(source -> {
      var task =
          clock.scheduleWithFixedDelay(
              () -> renew(source),
              CERTIFICATE_LOOK.toMillis(),
              CERTIFICATE_LOOK.toMillis(),
              TimeUnit.MILLISECONDS);
      LOG.trace("{}", task);
    });
  }

  /** Where it serves. */
  public int port() {
    return ((InetSocketAddress) server.getListenerInfo().getFirst().getAddress()).getPort();
  }

  /** Takes no new requests, and waits so long for those that are being answered. */
  public void drain(Duration patience) throws InterruptedException {
    handler.shutdown();
    if (!handler.awaitShutdown(patience.toMillis())) {
      LOG.info("some answers are cut off");
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    server.stop();
    threads.shutdownNow();
  }
}
