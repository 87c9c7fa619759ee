package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.Check;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.Reason;
import dev.osimage.operator.status.Conditions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

  List<Condition> published(Artifact artifact, @Nullable Check check) {
    tellOfTags(check);
    return conditions.ready(Reason.SUCCEEDED, sentence(artifact));
  }

  private void tellOfTags(@Nullable Check check) {
    if (check != null && check.foundTagMoved()) {
      conditions.tagMoved(
          "%s; to set it again: %s"
              .formatted(check.message(), annotate(OsImage.REBUILD_REQUESTED_AT)));
    }
  }

  List<Condition> of(Decision decision) {
    if (standing.isPresent()) {
      tellOfTags(observed.status().check());
    }
    return switch (decision) {
      case Decision.Published published -> throw new IllegalArgumentException("has no target");
      case Decision.Start start -> starting(start.number(), Reason.PENDING, "is being started");
      case Decision.Queued queued ->
          starting(
              queued.number(),
              Reason.QUEUED,
              "waits until other builds have ended (chart: builder.limits)");
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
        .map(artifact -> afterFailures().remaking(sentence(artifact), reason, message))
        .orElseGet(() -> conditions.progressing(reason, message));
  }

  /** What is published could not be built again, until it could. */
  private Conditions afterFailures() {
    if (observed.target() instanceof Target.Buildable target) {
      observed
          .lastFailure(target.identity())
          .flatMap(Attempt::failure)
          .ifPresent(failed -> conditions.afterFailure(failed.reason(), failed.message()));
    }
    return conditions;
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
    if (stalled.reason() == Reason.ARTIFACT_LOST) {
      return "; to publish it again: " + annotate(OsImage.REBUILD_REQUESTED_AT);
    }
    if (stalled.attempt().isEmpty()) {
      return "";
    }
    var spent = RetryClock.isSpent(stalled.attempt().get(), observed.spec());
    var next =
        stalled
            .next()
            .map(time -> "; looked at again at " + second(time))
            .orElse(spent ? "; its attempts are spent (spec.retry.limit)" : "");
    return "%s; to try at once: %s".formatted(next, annotate(OsImage.RECONCILE_REQUESTED_AT));
  }

  private String annotate(String annotation) {
    var metadata = image.getMetadata();
    return "kubectl -n %s annotate osimage %s %s=\"$(date)\" --overwrite"
        .formatted(metadata.getNamespace(), metadata.getName(), annotation);
  }

  /** A new attempt, which does not run yet or does. */
  private List<Condition> attempting(String identity, int number, Reason reason, String message) {
    var last = observed.lastFailure(identity);
    var failure = last.flatMap(Attempt::failure);
    if (failure.isPresent() && RetryClock.isSlow(failure.get().reason())) {
      return lookingAgain(failure.get(), number);
    }
    return progressing(reason, message + last.map(ReportedConditions::failedBefore).orElse(""));
  }

  private List<Condition> starting(int number, Reason reason, String message) {
    return observed.target() instanceof Target.Buildable target
        ? attempting(target.identity(), number, reason, attempt(number) + message)
        : progressing(reason, attempt(number) + message);
  }

  private List<Condition> waiting(Attempt attempt) {
    var who = attempt(attempt.number());
    return attempt.state() instanceof Attempt.Pending pending
        ? attempting(
            attempt.identity(),
            attempt.number(),
            pending.reason(),
            who + "waits: " + pending.sentence() + disruption(attempt))
        : attempting(
            attempt.identity(),
            attempt.number(),
            Reason.BUILDING,
            who + "runs as Job " + attempt.job() + disruption(attempt));
  }

  /** Why it began once more, without having failed. */
  private static String disruption(Attempt attempt) {
    return attempt.disruption() == null
        ? ""
        : "; the cluster ended its earlier pod: " + attempt.disruption();
  }

  /** Nothing has changed for people until the attempt has found out that it has. */
  private List<Condition> lookingAgain(Attempt.Failed failed, int number) {
    return stalled(failed.reason(), failed.message() + "; attempt " + number + " looks again");
  }

  /** Why there is another attempt: people should not have to wait for it to fail as well. */
  private static String failedBefore(Attempt attempt) {
    return "; attempt %d failed: %s"
        .formatted(attempt.number(), attempt.failure().map(Attempt.Failed::message).orElse(""));
  }

  private static String attempt(int number) {
    return "attempt " + number + " ";
  }
}
