package dev.osimage.oci.faults;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** HTTP/1.1 from the socket upwards (RFC 9112), because it must be able to break it anywhere. */
final class FaultServer implements AutoCloseable {

  private static final int LINGER_MILLIS = 5_000;

  private final ServerSocket listener;
  private final String name;
  private final boolean tls;
  private final Exchange.Handler handler;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicInteger busy = new AtomicInteger();
  private final AtomicInteger busiest = new AtomicInteger();

  /** Listens on 127.0.0.1 and calls itself {@code name:port}. */
  FaultServer(String name, @Nullable SSLContext tls, Exchange.Handler handler) throws IOException {
    var sockets = tls == null ? ServerSocketFactory.getDefault() : tls.getServerSocketFactory();
    this.listener =
        sockets.createServerSocket(0, 128, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
    this.name = name;
    this.tls = tls != null;
    this.handler = handler;
    Thread.ofVirtual().start(this::accept);
  }

  String host() {
    return name + ":" + listener.getLocalPort();
  }

  String url() {
    return (tls ? "https://" : "http://") + host();
  }

  /** How many requests were on their way at the same time, at most. */
  int busiest() {
    return busiest.get();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var socket = listener.accept();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        // Closed: the loop ends.
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      if (listener.isClosed()) {
        return;
      }
      socket.setTcpNoDelay(true);
      var in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
      while (serveOne(socket, in)) {
        // The next request of the same connection.
      }
    } catch (IOException e) {
      // Either side broke the connection: no more to say on it.
    } finally {
      open.remove(socket);
    }
  }

  private boolean serveOne(Socket socket, InputStream in) throws IOException {
    in.mark(1);
    if (in.read() < 0) {
      return false;
    }
    in.reset();
    var requestLine = RequestBody.line(in).split(" ", 3);
    var request = new Received(host(), requestLine[0], requestLine[1], headers(in));
    var body = new RequestBody(in, socket.getOutputStream(), request);
    busiest.accumulateAndGet(busy.incrementAndGet(), Math::max);
    try {
      var answer = handler.answer(new Exchange(request, body));
      return deliver(answer, request, body, socket);
    } catch (IOException | RuntimeException e) {
      reset(socket);
      throw e;
    } finally {
      busy.decrementAndGet();
    }
  }

  private static HttpHeaders headers(InputStream in) throws IOException {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (var line = RequestBody.line(in); !line.isEmpty(); line = RequestBody.line(in)) {
      int colon = line.indexOf(':');
      headers
          .computeIfAbsent(line.substring(0, colon), key -> new ArrayList<>())
          .add(line.substring(colon + 1).strip());
    }
    return HttpHeaders.of(headers, (key, value) -> true);
  }

  /** Whether the connection can serve another request. */
  private boolean deliver(Answer answer, Received request, RequestBody body, Socket socket)
      throws IOException {
    var out = socket.getOutputStream();
    var content = request.method().equals("HEAD") ? new byte[0] : answer.body();
    switch (answer.delivery()) {
      case Answer.Delivery.Whole() -> {
        body.drain();
        boolean keep = keepsAlive(request) && (answer.length() >= 0 || content.length == 0);
        write(out, answer.head(keep), content);
        return keep;
      }
      case Answer.Delivery.Early(boolean reset) -> {
        write(out, answer.head(false), content);
        if (reset) {
          reset(socket);
        } else {
          linger(socket);
        }
      }
      case Answer.Delivery.Cut(long bytes) -> {
        body.drain();
        write(out, answer.head(true), new byte[0]);
        out.write(content, 0, (int) Math.min(bytes, content.length));
        out.flush();
      }
      case Answer.Delivery.Slow(Duration gap) -> {
        body.drain();
        trickle(out, answer.head(false), gap);
        trickle(out, content, gap);
      }
      case Answer.Delivery.Endless() -> {
        body.drain();
        out.write(answer.head(false));
        while (content.length > 0) {
          out.write(content);
        }
      }
      case Answer.Delivery.Raw(String text) -> {
        body.drain();
        write(out, text.getBytes(StandardCharsets.ISO_8859_1), new byte[0]);
      }
      case Answer.Delivery.Reset() -> reset(socket);
      case Answer.Delivery.Never() ->
          socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    }
    return false;
  }

  private static boolean keepsAlive(Received request) {
    return !"close".equalsIgnoreCase(request.header("Connection"));
  }

  private static void write(OutputStream out, byte[] head, byte[] content) throws IOException {
    out.write(head);
    out.write(content);
    out.flush();
  }

  private void trickle(OutputStream out, byte[] bytes, Duration gap) throws IOException {
    for (byte one : bytes) {
      out.write(one);
      out.flush();
      if (await(gap)) {
        return;
      }
    }
  }

  /** As nginx does: says that it is over, and listens on for a while, so that no reset is sent. */
  private static void linger(Socket socket) throws IOException {
    socket.shutdownOutput();
    socket.setSoTimeout(LINGER_MILLIS);
    socket.getInputStream().transferTo(OutputStream.nullOutputStream());
  }

  /** Ends a connection with RST. */
  private static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /** Waits; whether the server was closed meanwhile. */
  private boolean await(Duration time) {
    try {
      return closed.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    closed.countDown();
    for (var socket : open) {
      try {
        // TLS would wait for an answer that is on its way, and that may never end.
        reset(socket);
      } catch (IOException e) {
        // It ended by itself meanwhile.
      }
    }
  }
}
