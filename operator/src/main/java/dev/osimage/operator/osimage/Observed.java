package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.image.FinishedPart;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * All that a decision is made of.
 *
 * @param requests what is asked for by annotations
 * @param attempts every build of this object, oldest first
 * @param tasks what else is done for it at the registry, oldest first
 * @param strayPods pods of this object may still run whose Jobs are gone
 */
record Observed(
    long generation,
    OsImageSpec spec,
    OsImageStatus status,
    Requests requests,
    Target target,
    List<Attempt> attempts,
    List<Task> tasks,
    boolean strayPods,
    Instant now) {

  /** An image has six parts at most: those of the last two specs. */
  private static final int MAX_FINISHED = 12;

  private static final Duration CACHE_LAG = Duration.ofMinutes(1);

  Observed {
    attempts = attempts.stream().sorted(Attempt.BY_AGE).toList();
    tasks = tasks.stream().sorted(Comparator.comparing(Task::createdAt)).toList();
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
        && newest().map(attempt -> !look.equals(attempt.requests().look())).orElse(true)
        && tasks.stream().filter(Task::prepared).noneMatch(task -> look.equals(task.look()));
  }

  /** Whether the registry was found not to have the artifact, and no build came after that. */
  boolean isLost() {
    var check = status.check();
    return check != null
        && check.foundLoss()
        && newest()
            .filter(attempt -> attempt.state() instanceof Attempt.Succeeded)
            .filter(attempt ->
                check.job().equals(attempt.requests().lost())
                    || Chores.time(check.time())
                        .filter(found -> !attempt.createdAt().isBefore(found))
                        .isPresent())
            .isEmpty();
  }

  /** Whether a lost artifact is built again by itself, which is not done for ever. */
  boolean isLossMended() {
    return requests.lost() != null && recentLosses().size() < OsImageStatus.MAX_LOSSES;
  }

  /** The losses of the last day, newest first. */
  List<String> recentLosses() {
    var day = now.minus(Duration.ofDays(1));
    return status.effectiveLosses().stream()
        .filter(time -> Chores.time(time).filter(day::isBefore).isPresent())
        .toList();
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
            && !isLost()
            && target.publicationHash().equals(artifact.publicationHash())
            && (build == null || build.generation() <= goodSince(artifact))
            && newest()
                .map(attempt ->
                    attempt.generation() <= goodSince(artifact)
                        && attempt.publicationHash().equals(artifact.publicationHash()))
                .orElse(true);
    return stands ? Optional.ofNullable(artifact) : Optional.empty();
  }

  /** The newest generation of which it was said that this artifact is what it asks for. */
  private long goodSince(Artifact artifact) {
    return ready()
        .filter(ready -> ready.status().equals("True"))
        .map(Condition::observedGeneration)
        .filter(good -> good > artifact.generation())
        .orElse(artifact.generation());
  }

  /** Whether this generation was said to be published. */
  boolean isReady() {
    return ready()
        .filter(ready -> ready.status().equals("True"))
        .filter(ready -> Objects.equals(ready.observedGeneration(), generation))
        .isPresent();
  }

  /** Whether another object had the tags when this one was looked at last. */
  boolean hadTagConflict() {
    return ready().filter(ready -> ready.reason().equals(Reason.TAG_CONFLICT.text())).isPresent();
  }

  private Optional<Condition> ready() {
    return status.effectiveConditions().stream()
        .filter(condition -> condition.type().equals(Condition.READY))
        .findFirst();
  }

  /** The next look that the status has promised, or one after this pause when it is over. */
  Instant nextLook(Duration pause) {
    var promised = status.nextRetryTime();
    try {
      var next = promised == null ? now : Instant.parse(promised);
      return next.isAfter(now) && next.isBefore(now.plus(pause)) ? next : now.plus(pause);
    } catch (DateTimeParseException e) {
      return now.plus(pause);
    }
  }

  /** The last attempt that ended, if it failed and is one at this spec. */
  Optional<Attempt> lastFailure(String identity) {
    return attempts.stream()
        .filter(attempt -> !attempt.active())
        .max(Attempt.BY_AGE)
        .filter(attempt -> attempt.identity().equals(identity))
        .filter(attempt -> attempt.failure().isPresent());
  }

  /**
   * What other attempts than this one pushed before they failed, the newest first. It is the same
   * again after a crash: while this attempt runs, none of the others goes.
   */
  List<FinishedPart> finishedBefore(String job) {
    return attempts.reversed().stream()
        .filter(attempt -> !attempt.job().equals(job))
        .flatMap(attempt -> attempt.failure().stream())
        .flatMap(failed -> failed.trace().finished().stream())
        .distinct()
        .limit(MAX_FINISHED)
        .toList();
  }

  /** The {@link Attempt#tries()} of an attempt that is started now. */
  int nextTry(Target.Buildable target) {
    return lastFailure(target.identity()).map(attempt -> attempt.tries() + 1).orElse(1);
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
