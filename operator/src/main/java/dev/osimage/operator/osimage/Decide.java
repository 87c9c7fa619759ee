package dev.osimage.operator.osimage;

import dev.osimage.api.Reason;
import dev.osimage.operator.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The rules: a pure function from what was observed to what is done. */
final class Decide {

  /** Jobs' names leave room for three digits. */
  private static final int MAX_ATTEMPTS = 999;

  /** Kubelet's clock may be late, and a Job's pod comes after the Job. */
  private static final Duration GRACE = Duration.ofMinutes(1);

  /**
   * How long a policy's refusal is taken for a passing one: whoever applies an OsImage may be about
   * to apply the policy that allows it, too.
   */
  static final Duration REFUSAL_GRACE = Duration.ofSeconds(10);

  private Decide() {}

  static Decision decide(Observed observed, Settings settings) {
    return switch (observed.target()) {
      case Target.Unbuildable unbuildable -> decide(observed, unbuildable, settings);
      case Target.Buildable buildable -> decide(observed, buildable, settings);
    };
  }

  private static Decision decide(Observed observed, Target.Unbuildable target, Settings settings) {
    var running = unfinished(observed, "");
    if (running.isEmpty() && observed.isReady() && target.reason() != Reason.TAG_CONFLICT) {
      // A policy that came later does not take back what was published under another one.
      return new Decision.Published(Optional.empty());
    }
    // What others have in their hands may change any time; the time is told once and kept.
    var next =
        target.reason().nature() == Reason.Nature.CHANGE
            ? Optional.of(observed.nextLook(settings.slowRetryInitial()))
            : Optional.<Instant>empty();
    return running.isEmpty() && !observed.strayPods()
        ? new Decision.Stalled(Optional.empty(), target.reason(), target.problem(), next)
        : new Decision.Cancel(running);
  }

  private static Decision decide(Observed observed, Target.Buildable target, Settings settings) {
    // A suspended object has no identity of which an attempt may go on.
    var identity = observed.spec().suspended() ? "" : target.identity();
    var foreign = unfinished(observed, identity);
    if (!foreign.isEmpty() || observed.strayPods()) {
      return new Decision.Cancel(foreign);
    }
    boolean lost = observed.isLost() && isPublishedAs(observed, target);
    boolean rebuild =
        !observed.spec().suspended()
            && (observed.isRebuildWanted() || (lost && observed.isLossMended()));
    if (lost && !rebuild) {
      return lost(observed);
    }
    var published =
        rebuild || observed.hadTagConflict()
            ? Optional.<Decision>empty()
            : published(observed, target);
    if (published.isPresent()) {
      return published.get();
    }
    if (observed.spec().suspended()) {
      return new Decision.Suspended();
    }
    return observed
        .newestOf(target)
        .map(attempt -> next(observed, target, attempt, settings))
        .orElse(new Decision.Start(1));
  }

  /** Nothing is built, but perhaps the registry finds it again. */
  private static Decision lost(Observed observed) {
    var check = Objects.requireNonNull(observed.status().check(), "the check that found it");
    var message =
        observed.requests().lost() == null || observed.spec().suspended()
            ? check.message()
            : "%s; it was built again %d times within 24 hours"
                .formatted(check.message(), observed.recentLosses().size());
    return new Decision.Stalled(
        Optional.empty(),
        Reason.ARTIFACT_LOST,
        message,
        Chores.nextCheck(observed).filter(observed.now()::isBefore));
  }

  private static boolean isPublishedAs(Observed observed, Target.Buildable target) {
    var artifact = observed.status().artifact();
    return artifact != null && target.publicationHash().equals(artifact.publicationHash());
  }

  /** Attempts that may still act, except those with {@code identity} that may go on. */
  private static List<Attempt> unfinished(Observed observed, String identity) {
    return observed.attempts().stream()
        .filter(attempt -> !attempt.finished())
        .filter(attempt -> attempt.deleting() || !attempt.identity().equals(identity))
        .toList();
  }

  private static Optional<Decision> published(Observed observed, Target.Buildable target) {
    var newest = observed.newest();
    if (newest.isPresent()) {
      var attempt = newest.get();
      if (!attempt.publicationHash().equals(target.publicationHash())) {
        // It may have moved tags before it ended: what was published earlier is no longer sure.
        return Optional.empty();
      }
      if (attempt.state() instanceof Attempt.Succeeded && !superseded(observed, attempt)) {
        return Optional.of(new Decision.Published(newest));
      }
    }
    return observed.standing(target).map(artifact -> new Decision.Published(Optional.empty()));
  }

  /** Whether a build was started for a later generation, of which perhaps no Job is left. */
  private static boolean superseded(Observed observed, Attempt attempt) {
    var build = observed.status().build();
    return (build != null && build.generation() > attempt.generation())
        || observed.newest().map(n -> n.generation() > attempt.generation()).orElse(false);
  }

  private static Decision next(
      Observed observed, Target.Buildable target, Attempt attempt, Settings settings) {
    return switch (attempt.state()) {
      case Attempt.Pending pending ->
          attempt.createdAt().plus(patience(target, pending)).isBefore(observed.now())
              ? new Decision.Expire(attempt, neverRan(observed, target, pending))
              : new Decision.Wait(attempt);
      case Attempt.Running running ->
          deadline(attempt, target).isBefore(observed.now())
              ? new Decision.Expire(attempt, neverEnded(observed))
              : new Decision.Wait(attempt);
      case Attempt.Succeeded succeeded -> start(attempt);
      case Attempt.Failed failed ->
          superseded(observed, attempt)
              ? start(attempt)
              : afterFailure(observed, attempt, failed, settings);
    };
  }

  /** When even kubelet should have ended the pod: a node that is gone can't. */
  private static Instant deadline(Attempt attempt, Target.Buildable target) {
    return attempt
        .createdAt()
        .plus(target.pendingTimeout())
        .plusSeconds(target.plan().timeoutSeconds())
        .plus(GRACE);
  }

  /** Kubernetes goes on trying by itself, but what a policy refuses stays refused. */
  private static Duration patience(Target.Buildable target, Attempt.Pending pending) {
    var patience = target.pendingTimeout();
    return isRefused(pending) && patience.compareTo(REFUSAL_GRACE) > 0 ? REFUSAL_GRACE : patience;
  }

  private static boolean isRefused(Attempt.Pending pending) {
    return pending.reason() == Reason.POD_REFUSED;
  }

  private static Attempt.Failed neverRan(
      Observed observed, Target.Buildable target, Attempt.Pending pending) {
    var reason = pending.reason() == Reason.PENDING ? Reason.PENDING_TIMEOUT : pending.reason();
    var message =
        isRefused(pending)
            ? pending.sentence()
            : "the builder did not run within %d s (spec.pendingTimeout): %s"
                .formatted(target.pendingTimeout().toSeconds(), pending.sentence());
    return new Attempt.Failed(reason, message, observed.now());
  }

  private static Attempt.Failed neverEnded(Observed observed) {
    return new Attempt.Failed(
        Reason.BUILD_TIMEOUT,
        "the builder did not end, and neither did its node end it: the node may be lost",
        observed.now());
  }

  private static Decision afterFailure(
      Observed observed, Attempt attempt, Attempt.Failed failed, Settings settings) {
    var next = RetryClock.next(attempt, failed, observed.spec(), settings);
    boolean due =
        observed.isLookWanted() || next.map(time -> !observed.now().isBefore(time)).orElse(false);
    // Not before its pod is gone; and people see each failure, however short the wait is.
    if (due && !attempt.podAlive() && attempt.recorded()) {
      return start(attempt);
    }
    return next.isPresent() && !RetryClock.isSlow(failed.reason())
        ? new Decision.RetryLater(attempt, failed, next.get())
        : new Decision.Stalled(Optional.of(attempt), failed.reason(), failed.message(), next);
  }

  private static Decision start(Attempt last) {
    // Only the newest few Jobs are kept: after the last name, the first is free again.
    return new Decision.Start(last.number() % MAX_ATTEMPTS + 1);
  }
}
