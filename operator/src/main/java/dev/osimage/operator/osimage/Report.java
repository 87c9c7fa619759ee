package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.Boot;
import dev.osimage.api.Check;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Part;
import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.PartName;
import dev.osimage.image.RegistryTask;
import dev.osimage.oci.Digest;
import dev.osimage.operator.status.Conditions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes the status of what was observed and decided: a pure function. */
final class Report {

  private final OsImage image;
  private final Observed observed;
  private final OsImageStatus before;

  private Report(OsImage image, Observed observed) {
    this.image = image;
    this.observed = observed;
    this.before = observed.status();
  }

  static OsImageStatus status(OsImage image, Observed observed, Decision decision, Chore chore) {
    var report = new Report(image, observed);
    var draft = new StatusDraft(observed.status());
    report.note(chore, draft);
    if (!(decision instanceof Decision.Published published)) {
      report.keep(decision, draft);
    } else if (observed.target() instanceof Target.Buildable target) {
      report.publish(target, published, draft);
    }
    // Otherwise it was published under an earlier policy, and stays as it is.
    draft.lastHandledReconcileAt = report.lastHandledReconcile(decision);
    draft.lastHandledRebuildAt = report.lastHandledRebuild();
    return draft.status();
  }

  /** What a task at the registry found or did. */
  private void note(Chore chore, StatusDraft draft) {
    if (!(chore instanceof Chore.Note(var task, var end))) {
      return;
    }
    if (task.kind() == RegistryTask.Kind.CHECK) {
      var check = new Check(task.job(), text(end.at()), end.reason().text(), end.message());
      // A look that could not look has found nothing: what was found before stands.
      draft.check = end.isFinding() ? check : draft.check;
      draft.failedCheck = end.isFinding() ? null : check;
    } else {
      draft.retired =
          before.effectiveRetired().stream()
              .filter(retired -> !task.artifacts().contains(retired.reference()))
              .toList();
    }
  }

  /** Whether a status says that this generation is published, or stalled. */
  static boolean isSettled(OsImageStatus status, long generation) {
    return status.effectiveConditions().stream()
        .filter(condition ->
            condition.type().equals(Condition.READY) || condition.type().equals(Condition.STALLED))
        .anyMatch(condition ->
            condition.status().equals("True")
                && Objects.equals(condition.observedGeneration(), generation));
  }

  /** The status while the operator can't go on by itself. */
  static OsImageStatus trouble(OsImageStatus before, long generation, Instant now, String why) {
    // Of Jobs and ConfigMaps; what it says of pods comes by an event.
    boolean quota = why.contains("exceeded quota");
    return progressing(
        before,
        generation,
        now,
        quota ? Reason.QUOTA_EXCEEDED : Reason.INTERNAL_ERROR,
        "the operator could not go on and tries again: " + why);
  }

  /** The status of an object that goes as soon as the registry is done with. */
  static OsImageStatus deleting(OsImageStatus before, long generation, Instant now, String what) {
    return progressing(before, generation, now, Reason.DELETING, what);
  }

  private static OsImageStatus progressing(
      OsImageStatus before, long generation, Instant now, Reason reason, String message) {
    var draft = new StatusDraft(before);
    draft.observedGeneration = generation;
    var known = before.effectiveConditions();
    draft.conditions =
        Stream.concat(
                new Conditions(known, generation, now).progressing(reason, message).stream(),
                // It is about what is published, which has not changed.
                known.stream().filter(it -> it.type().equals(Condition.BOOT_URLS_REACHABLE)))
            .toList();
    return draft.status();
  }

  /** The artifact stays what it was: the last good one. */
  private void keep(Decision decision, StatusDraft draft) {
    draft.observedGeneration = observed.generation();
    draft.conditions = new ReportedConditions(image, observed).of(decision);
    draft.build = new ReportedBuild(image, observed).of(decision);
    draft.nextRetryTime = nextRetry(decision);
  }

  private static @Nullable String nextRetry(Decision decision) {
    return switch (decision) {
      case Decision.RetryLater later -> text(later.next());
      case Decision.Stalled stalled -> stalled.next().map(Report::text).orElse(null);
      default -> null;
    };
  }

  private static String text(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** A request is handled once a Job carries it, or there is nothing to look at. */
  private @Nullable String lastHandledReconcile(Decision decision) {
    boolean starts =
        decision instanceof Decision.Start
            || decision instanceof Decision.Wait
            || decision instanceof Decision.Expire
            || decision instanceof Decision.Queued
            || decision instanceof Decision.Cancel
            || decision instanceof Decision.RetryLater
            || (decision instanceof Decision.Stalled stalled && stalled.attempt().isPresent())
            || Chores.isSettled(observed, decision);
    var look = observed.requests().look();
    return look != null && !(starts && observed.isLookWanted())
        ? look
        : before.lastHandledReconcileAt();
  }

  private @Nullable String lastHandledRebuild() {
    var rebuild = observed.requests().rebuild();
    boolean begun =
        observed.attempts().stream()
            .anyMatch(attempt -> Objects.equals(rebuild, attempt.requests().rebuild()));
    return rebuild != null && begun ? rebuild : before.lastHandledRebuildAt();
  }

  private void publish(Target.Buildable target, Decision.Published published, StatusDraft draft) {
    var plan = target.plan();
    var artifact =
        published.by().map(attempt -> artifact(target, attempt)).orElseGet(before::artifact);
    var known =
        published
            .by()
            .map(attempt -> parts(result(attempt), plan))
            .orElseGet(() -> withUrls(before.parts(), plan));
    if (artifact == null || known.isEmpty()) {
      throw new IllegalStateException("published, but neither attempt nor status says what");
    }
    if (before.artifact() != null
        && !(before.artifact().builtAt().equals(artifact.builtAt())
            && before.artifact().reference().equals(artifact.reference()))) {
      // What was looked at was another one.
      draft.check = null;
      draft.failedCheck = null;
      draft.losses = losses(published, artifact);
    }
    var history = new History(observed, before, artifact);
    draft.observedGeneration = observed.generation();
    draft.conditions = new ReportedConditions(image, observed).published(artifact, draft.check);
    draft.artifact = artifact;
    draft.parts = known;
    draft.boot = boot(artifact, known);
    draft.build = new ReportedBuild(image, observed).of(published);
    draft.nextRetryTime = null;
    draft.history = history.kept();
    draft.retired = history.retired(draft.retired);
  }

  private List<String> losses(Decision.Published published, Artifact artifact) {
    boolean lost = published.by().map(attempt -> attempt.requests().lost() != null).orElse(false);
    return Stream.concat(
            lost ? Stream.of(artifact.builtAt()) : Stream.empty(), observed.recentLosses().stream())
        .limit(OsImageStatus.MAX_LOSSES)
        .toList();
  }

  private Artifact artifact(Target.Buildable target, Attempt attempt) {
    var result = result(attempt);
    var plan = target.plan();
    return new Artifact(
        plan.destination().repository().at(result.digest()),
        result.digest().toString(),
        result.parts().stream().mapToLong(BuilderLine.PublishedPart::size).sum(),
        plan.destination().tags(),
        attempt.generation(),
        result.finishedAt(),
        plan.inputsHash(),
        target.publicationHash(),
        attempt.requests().rebuild(),
        tagsSince(plan, result.finishedAt()));
  }

  /** A tag belongs to who has had it longest. */
  private String tagsSince(BuildPlan plan, String finishedAt) {
    var last = before.artifact();
    boolean kept =
        last != null
            && last.tagsSince() != null
            && !observed.hadTagConflict()
            && last.reference().startsWith(plan.destination().repository() + "@")
            && last.tags().containsAll(plan.destination().tags());
    return kept && last != null && last.tagsSince() != null ? last.tagsSince() : finishedAt;
  }

  private static BuilderLine.Result result(Attempt attempt) {
    if (attempt.state() instanceof Attempt.Succeeded succeeded) {
      return succeeded.result();
    }
    throw new IllegalArgumentException(attempt.job() + " has not succeeded");
  }

  private static List<Part> parts(BuilderLine.Result result, BuildPlan plan) {
    return result.parts().stream()
        .map(part ->
            new Part(
                part.name().text(),
                part.mediaType(),
                part.digest().toString(),
                part.size(),
                blobUrl(part.digest(), plan)))
        .toList();
  }

  /** The same parts, as the registry is reached now: plainHTTP is no part of a publication. */
  private static List<Part> withUrls(@Nullable List<Part> parts, BuildPlan plan) {
    return parts == null
        ? List.of()
        : parts.stream()
            .map(part ->
                new Part(
                    part.name(),
                    part.mediaType(),
                    part.digest(),
                    part.size(),
                    blobUrl(Digest.parse(part.digest()), plan)))
            .toList();
  }

  private static String blobUrl(Digest digest, BuildPlan plan) {
    var destination = plan.destination();
    return destination.repository().blobUrl(digest, destination.plainHttp());
  }

  private Boot boot(Artifact artifact, List<Part> parts) {
    var urls = parts.stream().collect(Collectors.toMap(Part::name, Part::url));
    return new Boot(
        artifact.generation(),
        urls.get(PartName.KERNEL.text()),
        urls.get(PartName.INITRAMFS.text()),
        urls.get(PartName.ROOTFS.text()),
        urls.get(PartName.SQUASHFS.text()),
        urls.get(PartName.UKI.text()),
        urls.get(PartName.ISO.text()),
        observed.spec().commandLine(),
        null);
  }
}
