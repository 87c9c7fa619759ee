package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.Reason;
import dev.osimage.operator.status.Conditions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** The conditions that follow from a decision. What is published stays Ready meanwhile. */
final class ReportedConditions {

  private final OsImage image;
  private final Observed observed;
  private final Conditions conditions;
  private final Optional<Artifact> standing;

  ReportedConditions(OsImage image, Observed observed) {
    this.image = image;
    this.observed = observed;
    this.conditions =
        new Conditions(
            observed.status().effectiveConditions(), observed.generation(), observed.now());
    this.standing =
        observed.target() instanceof Target.Buildable target
            ? observed.standing(target)
            : Optional.empty();
  }

  List<Condition> published(Artifact artifact) {
    return conditions.ready(Reason.SUCCEEDED, sentence(artifact));
  }

  List<Condition> of(Decision decision) {
    return switch (decision) {
      case Decision.Published published -> throw new IllegalArgumentException("has no target");
      case Decision.Start start -> starting(start.number());
      case Decision.Queued queued ->
          progressing(
              Reason.QUEUED,
              attempt(queued.number())
                  + "waits until other builds have ended (chart: builder.limits)");
      case Decision.Wait wait -> waiting(wait.attempt());
      case Decision.Expire expire -> retrying(expire.failure(), expire.failure().message());
      case Decision.Cancel cancel ->
          progressing(
              Reason.CANCELLING, "an earlier attempt is being ended first; its pod: " + pods());
      case Decision.RetryLater later -> retrying(later.failure(), retry(later));
      case Decision.Stalled stalled -> stalled(stalled.reason(), stalled.message() + next(stalled));
      case Decision.Suspended suspended ->
          conditions.idle(
              Reason.SUSPENDED, "spec.suspend is true; set it to false to publish this generation");
    };
  }

  private static String sentence(Artifact artifact) {
    return "published as " + artifact.reference();
  }

  private List<Condition> progressing(Reason reason, String message) {
    return standing
        .map(artifact -> conditions.remaking(sentence(artifact), reason, message))
        .orElseGet(() -> conditions.progressing(reason, message));
  }

  private List<Condition> retrying(Attempt.Failed failed, String message) {
    return standing
        .map(artifact ->
            conditions
                .afterFailure(failed.reason(), failed.message())
                .remaking(sentence(artifact), Reason.RETRYING, message))
        .orElseGet(() -> conditions.retrying(failed.reason(), message));
  }

  private List<Condition> stalled(Reason reason, String message) {
    return standing
        .map(artifact ->
            conditions.afterFailure(reason, message).ready(Reason.SUCCEEDED, sentence(artifact)))
        .orElseGet(() -> conditions.stalled(reason, message));
  }

  private String retry(Decision.RetryLater later) {
    return later.attempt().podAlive()
        ? "%s; its pod is waited for: %s".formatted(later.failure().message(), pods())
        : "%s; next attempt at %s".formatted(later.failure().message(), second(later.next()));
  }

  private static Instant second(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS);
  }

  /** How people see the pods that are in the way. */
  private String pods() {
    return "kubectl get pods -l %s=%s".formatted(Labels.IMAGE, image.getMetadata().getName());
  }

  /** When it goes on by itself, and how to have it go on at once. */
  private String next(Decision.Stalled stalled) {
    if (stalled.attempt().isEmpty()) {
      return "";
    }
    var spent = RetryClock.isSpent(stalled.attempt().get(), observed.spec());
    var next =
        stalled
            .next()
            .map(time -> "; looked at again at " + second(time))
            .orElse(spent ? "; its attempts are spent (spec.retry.limit)" : "");
    return "%s; to try at once: kubectl annotate osimage %s %s=\"$(date)\" --overwrite"
        .formatted(next, image.getMetadata().getName(), OsImage.RECONCILE_REQUESTED_AT);
  }

  private List<Condition> starting(int number) {
    var failure =
        observed.target() instanceof Target.Buildable target
            ? observed.newestOf(target).flatMap(ReportedConditions::failure)
            : Optional.<Attempt.Failed>empty();
    return failure
        .filter(failed -> RetryClock.isSlow(failed.reason()))
        .map(failed -> lookingAgain(failed, number))
        .orElseGet(() -> progressing(Reason.PENDING, attempt(number) + "is being started"));
  }

  private List<Condition> waiting(Attempt attempt) {
    var failure = before(attempt).flatMap(ReportedConditions::failure);
    if (failure.isPresent() && RetryClock.isSlow(failure.get().reason())) {
      return lookingAgain(failure.get(), attempt.number());
    }
    var because = before(attempt).map(ReportedConditions::failedBefore).orElse("");
    return attempt.state() instanceof Attempt.Pending pending
        ? progressing(
            Reason.PENDING, attempt(attempt.number()) + "waits: " + pending.message() + because)
        : progressing(
            Reason.BUILDING, attempt(attempt.number()) + "runs as Job " + attempt.job() + because);
  }

  /** Nothing has changed for people until the attempt has found out that it has. */
  private List<Condition> lookingAgain(Attempt.Failed failed, int number) {
    return stalled(failed.reason(), failed.message() + "; attempt " + number + " looks again");
  }

  /** The attempt before this one at the same spec. */
  private Optional<Attempt> before(Attempt attempt) {
    return observed.attempts().stream()
        .filter(earlier -> earlier.identity().equals(attempt.identity()))
        .filter(earlier -> Attempt.BY_AGE.compare(earlier, attempt) < 0)
        .filter(earlier -> earlier.state() instanceof Attempt.Failed)
        .max(Attempt.BY_AGE);
  }

  private static Optional<Attempt.Failed> failure(Attempt attempt) {
    return attempt.state() instanceof Attempt.Failed failed
        ? Optional.of(failed)
        : Optional.empty();
  }

  /** Why there is another attempt: people should not have to wait for it to fail as well. */
  private static String failedBefore(Attempt attempt) {
    return failure(attempt)
        .map(failed -> "; attempt %d failed: %s".formatted(attempt.number(), failed.message()))
        .orElse("");
  }

  private static String attempt(int number) {
    return "attempt " + number + " ";
  }
}
