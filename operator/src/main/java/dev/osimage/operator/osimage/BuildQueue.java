package dev.osimage.operator.osimage;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who may start a build now: so many at once in all, so many for each registry, and first come,
 * first served. Who waits for a busy registry keeps nobody behind him from another one.
 *
 * <p>It lives in memory: after a restart the running builds are known from their Jobs, and those
 * that wait ask again.
 */
final class BuildQueue {

  /** Those that do not ask again were deleted, or have changed their mind. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final int limit;
  private final int limitPerRegistry;
  private final Map<String, Place> waiting = new LinkedHashMap<>();
  private final Map<String, Place> admitted = new HashMap<>();

  /** At most so many builds at once, and so many for one registry; both at least 1. */
  BuildQueue(int limit, int limitPerRegistry) {
    this.limit = limit;
    this.limitPerRegistry = limitPerRegistry;
  }

  /**
   * A build that has a Job.
   *
   * @param object uid of the OsImage
   * @param registry {@code host:port} that it writes to
   */
  record Running(String object, String registry) {}

  private record Place(String registry, Instant since) {

    boolean isOver(Instant now) {
      return since.plus(PATIENCE).isBefore(now);
    }
  }

  /**
   * Whether this object may start its build. If not, it waits for its turn, and has to ask again
   * within two minutes to keep its place.
   */
  synchronized boolean admits(
      String object, String registry, Collection<Running> running, Instant now) {
    var busy = busy(running, now);
    if (busy.containsKey(object)) {
      return true;
    }
    waiting.merge(object, new Place(registry, now), (old, asked) -> asked);
    waiting.values().removeIf(place -> place.isOver(now));
    var perRegistry = new HashMap<String, Integer>();
    busy.values().forEach(host -> perRegistry.merge(host, 1, Integer::sum));
    int free = limit - busy.size();
    for (var next : waiting.entrySet()) {
      var host = next.getValue().registry();
      if (free <= 0) {
        return false;
      }
      if (perRegistry.merge(host, 1, Integer::sum) <= limitPerRegistry) {
        free--;
        if (next.getKey().equals(object)) {
          waiting.remove(object);
          admitted.put(object, new Place(registry, now));
          return true;
        }
      }
    }
    return false;
  }

  /** This object has nothing to start: its build runs, or none is wanted. */
  synchronized void leave(String object) {
    waiting.remove(object);
    admitted.remove(object);
  }

  /** How many wait for their turn. */
  synchronized int waiting() {
    return waiting.size();
  }

  /** Registries by the objects that build: the caches may not know the newest Jobs yet. */
  private Map<String, String> busy(Collection<Running> running, Instant now) {
    var busy = new HashMap<String, String>();
    for (var build : running) {
      busy.put(build.object(), build.registry());
      admitted.remove(build.object());
    }
    admitted.values().removeIf(place -> place.isOver(now));
    admitted.forEach((object, place) -> busy.put(object, place.registry()));
    return busy;
  }
}
