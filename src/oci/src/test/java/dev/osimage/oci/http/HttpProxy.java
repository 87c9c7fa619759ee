package dev.osimage.oci.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A forward proxy (RFC 9110, 7.6) to one server, whatever its name is said to be. */
final class HttpProxy implements AutoCloseable {

  private static final String REFUSAL =
      String.join(
          "\r\n",
          "HTTP/1.1 407 Who are you",
          "Proxy-Authenticate: Basic realm=\"proxy\"",
          "Content-Length: 0",
          "Connection: close",
          "",
          "");

  private final ServerSocket listener =
      new ServerSocket(0, 50, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
  private final List<String> requestLines = new CopyOnWriteArrayList<>();
  private final int serverPort;
  private final @Nullable String login;

  /** Asks for this {@code user:password}, unless it is null. */
  HttpProxy(int serverPort, @Nullable String login) throws IOException {
    this.serverPort = serverPort;
    this.login = login;
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** What it was asked, with and without success. */
  List<String> requestLines() {
    return requestLines;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var client = listener.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        // Closed: the loop ends.
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      var in = new BufferedInputStream(client.getInputStream());
      var head = RawServer.head(in);
      requestLines.add(head.lines().findFirst().orElseThrow());
      if (login != null && !head.contains("Proxy-Authorization: Basic " + base64(login) + "\r\n")) {
        send(client, REFUSAL);
        return;
      }
      try (var server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
        if (head.startsWith("CONNECT ")) {
          send(client, "HTTP/1.1 200 Connected\r\n\r\n");
        } else {
          send(server, forwarded(head));
        }
        Thread.ofVirtual().start(() -> pipe(in, server));
        pipe(server.getInputStream(), client);
      }
    } catch (IOException e) {
      // One of them hung up.
    }
  }

  /** For one request, as its origin reads it. */
  private static String forwarded(String head) {
    return head.replaceFirst("http://[^/ ]+", "")
        .replaceFirst("Proxy-Authorization: .*\r\n", "")
        .replaceFirst("(?i)Connection: .*\r\n", "Connection: close\r\n");
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void pipe(InputStream from, Socket to) {
    try {
      OutputStream out = to.getOutputStream();
      var buffer = new byte[8192];
      for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
        out.write(buffer, 0, read);
      }
      to.close();
    } catch (IOException e) {
      // The other direction ends as well.
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
