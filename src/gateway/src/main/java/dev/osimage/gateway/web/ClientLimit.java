package dev.osimage.gateway.web;

import java.net.InetAddress;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;

/** So many requests a second from one client, and twice as many at once. */
final class ClientLimit {

  /** Of more clients than these, those that were quiet longest are forgotten. */
  private static final int CLIENTS = 10_000;

  private final double perSecond;
  private final Clock clock;
  private final Map<InetAddress, Allowance> clients =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Allowance> eldest) {
          return size() > CLIENTS;
        }
      };

  private static final class Allowance {
    private double requests;
    private long millis;

    Allowance(double requests, long millis) {
      this.requests = requests;
      this.millis = millis;
    }
  }

  /** No limit when {@code perSecond} is 0. */
  ClientLimit(int perSecond, Clock clock) {
    this.perSecond = perSecond;
    this.clock = clock;
  }

  /** Whether this client may ask once more now. */
  synchronized boolean admits(InetAddress client) {
    if (perSecond == 0) {
      return true;
    }
    long now = clock.millis();
    double most = 2 * perSecond;
    var allowance = clients.computeIfAbsent(client, c -> new Allowance(most, now));
    double elapsed = Math.max(0, now - allowance.millis) / 1000.0;
    allowance.requests = Math.min(most, allowance.requests + elapsed * perSecond);
    allowance.millis = now;
    if (allowance.requests < 1) {
      return false;
    }
    allowance.requests--;
    return true;
  }
}
