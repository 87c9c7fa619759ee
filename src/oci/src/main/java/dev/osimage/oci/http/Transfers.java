package dev.osimage.oci.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Bounds how many blobs travel to or from one host at once, over everything that one process does.
 * A transfer takes a permit of each host it involves, all at its beginning and in one order, so
 * that no two transfers wait for each other; what runs inside a transfer needs no permit of its own
 * for these hosts.
 */
public final class Transfers {

  private static final ScopedValue<Set<String>> HELD = ScopedValue.newInstance();

  private final int perHost;
  private final Map<String, Semaphore> permits = new ConcurrentHashMap<>();

  Transfers(int perHost) {
    this.perHost = perHost;
  }

  /** What a transfer does. */
  @FunctionalInterface
  public interface Transfer<T> {
    T run() throws IOException;
  }

  /** A permit that has been taken; closing gives it back. */
  public interface Permit extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Runs a transfer once every host, named as {@code host:port}, has a free place. An interrupt
   * ends the wait with {@link InterruptedIOException}.
   */
  public <T> T run(Collection<String> hosts, Transfer<T> transfer) throws IOException {
    try (var permit = take(hosts)) {
      var held = new HashSet<>(HELD.orElse(Set.of()));
      held.addAll(hosts);
      return ScopedValue.where(HELD, Set.copyOf(held))
          .call(() -> {
            assert permit != null;
            return transfer.run();
          });
    }
  }

  /** Takes the permit for a transfer that ends elsewhere, such as a stream that is read later. */
  public Permit take(String host) throws IOException {
    return take(List.of(host));
  }

  private Permit take(Collection<String> hosts) throws IOException {
    var wanted = new TreeSet<>(hosts);
    wanted.removeAll(HELD.orElse(Set.of()));
    var taken = new ArrayList<Semaphore>();
    try {
      for (var host : wanted) {
        var semaphore = permits.computeIfAbsent(host, any -> new Semaphore(perHost, true));
        semaphore.acquire();
        taken.add(semaphore);
      }
    } catch (InterruptedException e) {
      taken.forEach(Semaphore::release);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a free transfer");
    }
    var open = new AtomicBoolean(true);
    return () -> {
      if (open.getAndSet(false)) {
        taken.forEach(Semaphore::release);
      }
    };
  }
}
