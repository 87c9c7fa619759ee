package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.Boot;
import dev.osimage.api.Build;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Part;
import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.PartName;
import dev.osimage.oci.Digest;
import dev.osimage.operator.status.Conditions;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
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

  static OsImageStatus status(OsImage image, Observed observed, Decision decision) {
    var report = new Report(image, observed);
    return switch (observed.target()) {
      case Target.Unbuildable unbuildable -> report.keeping(decision, report.finishedBuild());
      case Target.Buildable target ->
          decision instanceof Decision.Published published
              ? report.published(target, published)
              : report.keeping(decision, report.build(target, decision));
    };
  }

  /** Whether a status says that this generation is published, or stalled. */
  static boolean isSettled(OsImageStatus status, long generation) {
    return status.effectiveConditions().stream()
        .filter(condition -> !condition.type().equals(Condition.RECONCILING))
        .anyMatch(condition ->
            condition.status().equals("True")
                && Objects.equals(condition.observedGeneration(), generation));
  }

  /** The status while the operator can't go on by itself. */
  static OsImageStatus trouble(OsImageStatus before, long generation, Instant now, String why) {
    var conditions =
        new Conditions(before.effectiveConditions(), generation, now)
            .progressing(
                Reason.INTERNAL_ERROR, "the operator could not go on and tries again: " + why);
    return new OsImageStatus(
        generation, conditions, before.artifact(), before.parts(), before.boot(), before.build());
  }

  /** A status whose artifact stays what it was: the last good one. */
  private OsImageStatus keeping(Decision decision, @Nullable Build build) {
    return new OsImageStatus(
        observed.generation(),
        conditions(decision),
        before.artifact(),
        before.parts(),
        before.boot(),
        build);
  }

  private OsImageStatus published(Target.Buildable target, Decision.Published published) {
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
    var message = "published as " + artifact.reference();
    return new OsImageStatus(
        observed.generation(),
        newConditions().ready(Reason.SUCCEEDED, message),
        artifact,
        known,
        boot(artifact, known),
        newestBuild());
  }

  private @Nullable Build finishedBuild() {
    var build = before.build();
    return build == null
        ? null
        : new Build(
            build.job(), build.attempt(), build.generation(), build.publicationHash(), null);
  }

  private List<Condition> conditions(Decision decision) {
    var conditions = newConditions();
    return switch (decision) {
      case Decision.Published published -> throw new IllegalArgumentException("has no target");
      case Decision.Start start ->
          conditions.progressing(Reason.PENDING, attempt(start.number()) + "is being started");
      case Decision.Wait wait -> waiting(conditions, wait.attempt());
      case Decision.Expire expire ->
          conditions.retrying(expire.failure().reason(), expire.failure().message());
      case Decision.Cancel cancel ->
          conditions.progressing(
              Reason.CANCELLING, "an earlier attempt is being ended first; its pod: " + pods());
      case Decision.RetryLater later ->
          conditions.retrying(
              later.failure().reason(),
              later.attempt().podAlive()
                  ? "%s; its pod is waited for: %s".formatted(later.failure().message(), pods())
                  : "%s; next attempt at %s".formatted(later.failure().message(), later.next()));
      case Decision.Stalled stalled ->
          conditions.stalled(stalled.reason(), stalled.message() + again(stalled));
      case Decision.Suspended suspended ->
          conditions.idle(
              Reason.SUSPENDED, "spec.suspend is true; set it to false to publish this generation");
    };
  }

  /** How people see the pods that are in the way. */
  private String pods() {
    return "kubectl get pods -l %s=%s".formatted(Labels.IMAGE, image.getMetadata().getName());
  }

  /** How to have the same spec tried again, when what was wrong lay elsewhere. */
  private static String again(Decision.Stalled stalled) {
    return stalled
        .attempt()
        .map(attempt -> "; to try the same spec again: kubectl delete job " + attempt.job())
        .orElse("");
  }

  private List<Condition> waiting(Conditions conditions, Attempt attempt) {
    return attempt.state() instanceof Attempt.Pending pending
        ? conditions.progressing(
            Reason.PENDING,
            attempt(attempt.number()) + "waits: " + pending.message() + failedBefore(attempt))
        : conditions.progressing(
            Reason.BUILDING,
            attempt(attempt.number()) + "runs as Job " + attempt.job() + failedBefore(attempt));
  }

  /** Why there is another attempt: people should not have to wait for it to fail as well. */
  private String failedBefore(Attempt attempt) {
    return observed.attempts().stream()
        .filter(earlier -> earlier.identity().equals(attempt.identity()))
        .filter(earlier -> Attempt.BY_AGE.compare(earlier, attempt) < 0)
        .filter(earlier -> earlier.state() instanceof Attempt.Failed)
        .max(Attempt.BY_AGE)
        .map(earlier ->
            "; attempt %d failed: %s"
                .formatted(earlier.number(), ((Attempt.Failed) earlier.state()).message()))
        .orElse("");
  }

  private static String attempt(int number) {
    return "attempt " + number + " ";
  }

  private Conditions newConditions() {
    return new Conditions(before.effectiveConditions(), observed.generation(), observed.now());
  }

  private @Nullable Build build(Target.Buildable target, Decision decision) {
    return switch (decision) {
      case Decision.Start start ->
          new Build(
              BuildJob.name(image, target, start.number()),
              start.number(),
              observed.generation(),
              target.publicationHash(),
              null);
      case Decision.Wait wait -> build(wait.attempt(), progress(wait.attempt()));
      default -> newestBuild();
    };
  }

  /** The newest build that is known: its Job may be gone, but not the memory that it ran. */
  private @Nullable Build newestBuild() {
    var remembered = finishedBuild();
    return observed
        .newest()
        .filter(attempt -> remembered == null || remembered.generation() <= attempt.generation())
        .map(attempt -> build(attempt, null))
        .orElse(remembered);
  }

  private static Build build(Attempt attempt, @Nullable String progress) {
    return new Build(
        attempt.job(), attempt.number(), attempt.generation(), attempt.publicationHash(), progress);
  }

  private static @Nullable String progress(Attempt attempt) {
    return attempt.state() instanceof Attempt.Running running && running.progress() != null
        ? ProgressText.of(running.progress())
        : null;
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
        target.publicationHash());
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
        observed.spec().commandLine());
  }
}
