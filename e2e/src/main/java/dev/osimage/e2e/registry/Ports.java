package dev.osimage.e2e.registry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/** Ports for servers that cannot choose one themselves. */
public final class Ports {

  // Below the ports that the kernel gives to connections, so that none takes one meanwhile. Two
  // processes at once begin at different places.
  private static final int FIRST = 20_000;
  private static final int LAST = 30_000;
  private static final AtomicInteger NEXT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 97 % (LAST - FIRST)));

  private Ports() {}

  /** {@code address:port} with a port that nobody listens at and that is given out only once. */
  public static String free(String address) {
    for (int tries = FIRST; tries < LAST; tries++) {
      int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), LAST - FIRST);
      if (isFree(address, port)) {
        return address + ":" + port;
      }
    }
    throw new IllegalStateException(
        "no free port of " + address + " between " + FIRST + " and " + LAST);
  }

  private static boolean isFree(String address, int port) {
    try (var socket = new ServerSocket(port, 1, InetAddress.ofLiteral(address))) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
