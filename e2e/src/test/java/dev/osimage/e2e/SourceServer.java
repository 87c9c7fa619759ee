package dev.osimage.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.osimage.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A web server with the files of a proof, which can hold a download half-way. */
final class SourceServer implements AutoCloseable {

  private final HttpServer server;
  private final Map<String, Content> contents = new ConcurrentHashMap<>();
  private final Map<String, Hold> holds = new ConcurrentHashMap<>();
  private final AtomicInteger requests = new AtomicInteger();

  private record Content(long length, Supplier<InputStream> bytes) {}

  SourceServer(Cluster cluster) throws IOException {
    server = HttpServer.create(new InetSocketAddress(cluster.address(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::serve);
    server.start();
  }

  URI url(String name) {
    var address = server.getAddress();
    return URI.create(
        "http://%s:%d/%s".formatted(address.getHostString(), address.getPort(), name));
  }

  /** Serves bytes; returns the lines {@code http: {url, digest}} of a spec in YAML flow style. */
  String publish(String name, byte[] bytes) {
    publish(name, bytes.length, () -> new ByteArrayInputStream(bytes));
    return source(name, Digest.of(bytes));
  }

  void publish(String name, long length, Supplier<InputStream> bytes) {
    contents.put(name, new Content(length, bytes));
  }

  String source(String name, Digest digest) {
    return "{http: {url: \"%s\", digest: \"%s\"}}".formatted(url(name), digest);
  }

  /** Stops each download of a file after its first half, until released. */
  Hold hold(String name) {
    var hold = new Hold();
    holds.put(name, hold);
    return hold;
  }

  int requests() {
    return requests.get();
  }

  /** A download that waits half-way. */
  static final class Hold {

    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    void awaitReached() {
      try {
        if (!reached.await(2, TimeUnit.MINUTES)) {
          throw new AssertionError("nobody downloads the file");
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    void release() {
      released.countDown();
    }

    private void pass() throws IOException {
      reached.countDown();
      try {
        released.await(Duration.ofMinutes(5).toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.incrementAndGet();
      var name = exchange.getRequestURI().getPath().substring(1);
      var content = contents.get(name);
      if (content == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      exchange.sendResponseHeaders(200, content.length());
      try (var in = content.bytes().get()) {
        var out = exchange.getResponseBody();
        copy(in, out, content.length() / 2);
        out.flush();
        var hold = holds.get(name);
        if (hold != null) {
          hold.pass();
        }
        in.transferTo(out);
      }
    }
  }

  private static void copy(InputStream in, OutputStream out, long length) throws IOException {
    var buffer = new byte[64 * 1024];
    long left = length;
    while (left > 0) {
      int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (read < 0) {
        return;
      }
      out.write(buffer, 0, read);
      left -= read;
    }
  }

  @Override
  public void close() {
    holds.values().forEach(Hold::release);
    server.stop(0);
  }
}
