package dev.osimage.oci.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import okhttp3.HttpUrl;

/** Answers each connection once, with exactly these characters, and then hangs up. */
final class RawServer implements AutoCloseable {

  /** Ends an answer that goes no further, on a connection that stays open. */
  static final String STALL = "\u0000stall";

  /** Gives the answer to the request with this head; the first request has number 0. */
  @FunctionalInterface
  interface Script {
    String answer(int number, String head);
  }

  private final ServerSocket listener =
      new ServerSocket(0, 50, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
  private final List<String> heads = new CopyOnWriteArrayList<>();
  private final Set<Socket> stalled = ConcurrentHashMap.newKeySet();
  private final Script script;

  RawServer(Script script) throws IOException {
    this.script = script;
    Thread.ofVirtual().start(this::accept);
  }

  /** Answers one after the other, and with the last one from then on. */
  static RawServer of(String... answers) throws IOException {
    return new RawServer((number, head) -> answers[Math.min(number, answers.length - 1)]);
  }

  HttpUrl url() {
    return HttpUrl.get("http://127.0.0.1:" + port() + "/file");
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Request line and headers of each request. */
  List<String> heads() {
    return heads;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        answer(listener.accept());
      } catch (IOException e) {
        // The client hung up, or the server was closed.
      }
    }
  }

  private void answer(Socket socket) throws IOException {
    var head = head(new BufferedInputStream(socket.getInputStream()));
    int number = heads.size();
    heads.add(head);
    var answer = script.answer(number, head);
    boolean stalls = answer.endsWith(STALL);
    var text = stalls ? answer.substring(0, answer.length() - STALL.length()) : answer;
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    if (stalls) {
      stalled.add(socket);
    } else {
      socket.close();
    }
  }

  static String head(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("no request");
      }
      head.append((char) next);
    }
    return head.toString();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (var socket : stalled) {
      socket.close();
    }
  }
}
