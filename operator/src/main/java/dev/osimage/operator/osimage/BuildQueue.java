package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.image.BuildPlan;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who may start a build now: so many at once in all, so many for each registry, and first come,
 * first served. Who waits for a busy registry keeps nobody behind him from another one. No two that
 * set the same tag run at once.
 *
 * <p>It lives in memory: after a restart the running builds are known from their Jobs, and those
 * that wait ask again.
 */
final class BuildQueue {

  /** Those that do not ask again were deleted, or have changed their mind. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final int limit;
  private final int limitPerRegistry;
  private final Map<Candidate, Place> waiting = new LinkedHashMap<>();
  private final Map<Candidate, Place> admitted = new HashMap<>();

  /** At most so many builds at once, and so many for one registry; both at least 1. */
  BuildQueue(int limit, int limitPerRegistry) {
    this.limit = limit;
    this.limitPerRegistry = limitPerRegistry;
  }

  /**
   * An OsImage that may have a build.
   *
   * @param uid tells it from an earlier one of the same name, whose builder may still run
   */
  record Candidate(String uid, ResourceID id) {

    static Candidate of(OsImage image) {
      return new Candidate(image.getMetadata().getUid(), ResourceID.fromResource(image));
    }
  }

  /**
   * Where a build writes.
   *
   * @param registry its host
   * @param tags every {@code repository:tag}; of two builds that set the same one, nobody would
   *     know whose it is
   */
  record Destination(String registry, Set<String> tags) {

    static Destination of(BuildPlan plan) {
      var repository = plan.destination().repository();
      return new Destination(
          repository.host(),
          plan.destination().tags().stream()
              .map(tag -> repository + ":" + tag)
              .collect(Collectors.toSet()));
    }
  }

  /**
   * A build that has a Job, whose end the status does not know yet.
   *
   * @param takesPlace it counts for the limits
   */
  record Running(Candidate object, Destination destination, boolean takesPlace) {}

  private record Place(Destination destination, Instant since, Instant asked) {

    boolean isOver(Instant now) {
      return asked.plus(PATIENCE).isBefore(now);
    }
  }

  /**
   * Lets this object start its build, and says how long it has waited for that. Empty: it waits for
   * its turn, and has to ask again within two minutes to keep its place.
   */
  synchronized Optional<Duration> admit(
      Candidate object, Destination destination, Collection<Running> running, Instant now) {
    waiting.merge(
        object,
        new Place(destination, now, now),
        (old, asked) -> new Place(destination, old.since(), now));
    waiting.values().removeIf(place -> place.isOver(now));
    admitted.values().removeIf(place -> place.isOver(now));
    var room = room(running);
    for (var next : waiting.entrySet()) {
      boolean mine = next.getKey().equals(object);
      if (room.takes(next.getKey(), next.getValue().destination()) && mine) {
        waiting.remove(object);
        admitted.put(object, new Place(destination, now, now));
        return Optional.of(Duration.between(next.getValue().since(), now));
      }
    }
    return Optional.empty();
  }

  /** Those that would be let in if they asked now. */
  synchronized List<Candidate> next(Collection<Running> running) {
    var room = room(running);
    return waiting.entrySet().stream()
        .filter(next -> room.takes(next.getKey(), next.getValue().destination()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** This object has nothing to start: its build runs, or none is wanted. */
  synchronized void leave(Candidate object) {
    waiting.remove(object);
    admitted.remove(object);
  }

  /** How many wait for their turn. */
  synchronized int waiting() {
    return waiting.size();
  }

  private Room room(Collection<Running> running) {
    var room = new Room();
    for (var build : running) {
      room.add(build.object(), build.destination(), build.takesPlace());
    }
    // The caches may not know the newest Jobs yet.
    admitted.forEach((object, place) -> room.add(object, place.destination(), true));
    return room;
  }

  /** What the builds that run, and those before in the line, leave to the others. */
  private final class Room {

    private final Map<String, Candidate> ownersOfTags = new HashMap<>();
    private final Map<String, Integer> registries = new HashMap<>();
    private final Set<Candidate> builds = new HashSet<>();

    void add(Candidate object, Destination destination, boolean takesPlace) {
      destination.tags().forEach(tag -> ownersOfTags.putIfAbsent(tag, object));
      if (takesPlace && builds.add(object)) {
        registries.merge(destination.registry(), 1, Integer::sum);
      }
    }

    /** Whether there is room, which is then taken. */
    boolean takes(Candidate object, Destination destination) {
      boolean free =
          builds.contains(object)
              || (builds.size() < limit
                  && registries.getOrDefault(destination.registry(), 0) < limitPerRegistry);
      boolean alone =
          destination.tags().stream()
              .allMatch(tag -> ownersOfTags.getOrDefault(tag, object).equals(object));
      // Who comes first has the tags, even if he waits for a place.
      add(object, destination, free && alone);
      return free && alone;
    }
  }
}
