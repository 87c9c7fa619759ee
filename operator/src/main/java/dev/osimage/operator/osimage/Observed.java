package dev.osimage.operator.osimage;

import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * All that a decision is made of.
 *
 * @param attempts every Job of this object, oldest first
 * @param strayPods pods of this object may still run whose Jobs are gone
 */
record Observed(
    long generation,
    OsImageSpec spec,
    OsImageStatus status,
    Target target,
    List<Attempt> attempts,
    boolean strayPods,
    Instant now) {

  private static final Duration CACHE_LAG = Duration.ofMinutes(1);

  Observed {
    attempts = attempts.stream().sorted(Attempt.BY_AGE).toList();
  }

  /**
   * Whether the object was read from a cache that lags behind what was started for it. Not for
   * long: a restored cluster may have forgotten generations for good.
   */
  boolean olderThanItsAttempts() {
    return attempts.stream()
        .filter(attempt -> attempt.generation() > generation)
        .anyMatch(attempt -> attempt.createdAt().plus(CACHE_LAG).isAfter(now));
  }

  Optional<Attempt> newest() {
    return attempts.stream().max(Attempt.BY_AGE);
  }

  /** The newest attempt at this target's spec. */
  Optional<Attempt> newestOf(Target.Buildable target) {
    return attempts.stream()
        .filter(attempt -> attempt.identity().equals(target.identity()))
        .max(Attempt.BY_AGE);
  }
}
