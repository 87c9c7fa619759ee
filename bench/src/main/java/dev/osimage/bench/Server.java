package dev.osimage.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server program on this machine's loopback, until it is closed. */
final class Server implements AutoCloseable {

  private static final int TRIES = 1500;
  private static final int PAUSE_MILLIS = 20;

  private final Process process;
  private final int port;
  private final double cpuAtStart;

  private Server(Process process, int port) {
    this.process = process;
    this.port = port;
    this.cpuAtStart = ProcessTimes.of(process.pid()).cpu();
  }

  /** Starts a program that listens at {@code port}; returns once it does. */
  static Server start(Workplace place, int port, String log, List<String> words)
      throws IOException {
    var process = place.start(log, words);
    for (int i = 0; i < TRIES && process.isAlive(); i++) {
      try (var socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return new Server(process, port);
      } catch (IOException e) {
        pause();
      }
    }
    process.destroyForcibly();
    throw new BenchException(
        "%s does not listen: %s".formatted(words.getFirst(), Files.readString(place.path(log))));
  }

  /** A port of the loopback that nobody listens at. */
  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** {@code host:port}. */
  String host() {
    return "127.0.0.1:" + port;
  }

  /** Whether it has not ended by itself. */
  boolean isAlive() {
    return process.isAlive();
  }

  /** Seconds of CPU that it and its workers used since it began to listen. */
  double cpu() {
    return process.descendants().mapToDouble(worker -> ProcessTimes.of(worker.pid()).cpu()).sum()
        + ProcessTimes.of(process.pid()).cpu()
        - cpuAtStart;
  }

  /** The most MiB that were resident so far, without workers. */
  double peakMib() throws IOException {
    return ProcessTimes.peakMib(process.pid());
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
