package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * All that a decision is made of.
 *
 * @param requests what is asked for by annotations
 * @param attempts every Job of this object, oldest first
 * @param strayPods pods of this object may still run whose Jobs are gone
 */
record Observed(
    long generation,
    OsImageSpec spec,
    OsImageStatus status,
    Requests requests,
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

  /** Whether somebody asks to look at once, and nobody has. */
  boolean isLookWanted() {
    var look = requests.look();
    return look != null
        && !look.equals(status.lastHandledReconcileAt())
        && newest().map(attempt -> !look.equals(attempt.requests().look())).orElse(true);
  }

  /** Whether somebody asks for a new build, and none was published for that. */
  boolean isRebuildWanted() {
    var rebuild = requests.rebuild();
    var artifact = status.artifact();
    return rebuild != null
        && (artifact == null || !rebuild.equals(artifact.rebuild()))
        && newest()
            .map(attempt ->
                !rebuild.equals(attempt.requests().rebuild())
                    || !(attempt.state() instanceof Attempt.Succeeded))
            .orElse(true);
  }

  /** The artifact of the status, if it is what the target asks for and nothing came after it. */
  Optional<Artifact> standing(Target.Buildable target) {
    var artifact = status.artifact();
    var build = status.build();
    boolean stands =
        artifact != null
            && target.publicationHash().equals(artifact.publicationHash())
            && (build == null || build.generation() <= artifact.generation())
            && newest()
                .map(attempt ->
                    attempt.generation() <= artifact.generation()
                        && attempt.publicationHash().equals(artifact.publicationHash()))
                .orElse(true);
    return stands ? Optional.ofNullable(artifact) : Optional.empty();
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
