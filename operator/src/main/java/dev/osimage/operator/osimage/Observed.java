package dev.osimage.operator.osimage;

import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import java.time.Instant;
import java.util.Comparator;
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

  Observed {
    attempts = attempts.stream().sorted(Attempt.BY_AGE).toList();
  }

  Optional<Attempt> newest() {
    return attempts.stream().max(Attempt.BY_AGE);
  }

  /** The newest attempt at this target's spec. */
  Optional<Attempt> newestOf(Target.Buildable target) {
    return attempts.stream()
        .filter(attempt -> attempt.identity().equals(target.identity()))
        .max(Comparator.comparingInt(Attempt::number));
  }
}
