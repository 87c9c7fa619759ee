package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.Boot;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Part;
import dev.osimage.api.Published;
import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.PartName;
import dev.osimage.oci.Digest;
import dev.osimage.operator.status.Conditions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
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
    if (!(decision instanceof Decision.Published published)) {
      return report.keeping(decision);
    }
    return observed.target() instanceof Target.Buildable target
        ? report.published(target, published)
        : report.unchanged(published);
  }

  /** What was published under an earlier policy stays as it is. */
  private OsImageStatus unchanged(Decision.Published published) {
    return new OsImageStatus(
        before.observedGeneration(),
        before.conditions(),
        before.artifact(),
        before.parts(),
        before.boot(),
        before.build(),
        before.nextRetryTime(),
        before.history(),
        lastHandledReconcile(published),
        lastHandledRebuild());
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
        generation,
        conditions,
        before.artifact(),
        before.parts(),
        before.boot(),
        before.build(),
        before.nextRetryTime(),
        before.history(),
        before.lastHandledReconcileAt(),
        before.lastHandledRebuildAt());
  }

  /** A status whose artifact stays what it was: the last good one. */
  private OsImageStatus keeping(Decision decision) {
    return new OsImageStatus(
        observed.generation(),
        new ReportedConditions(image, observed).of(decision),
        before.artifact(),
        before.parts(),
        before.boot(),
        new ReportedBuild(image, observed).of(decision),
        nextRetry(decision),
        before.history(),
        lastHandledReconcile(decision),
        lastHandledRebuild());
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

  /** A request is handled once an attempt carries it, or there is nothing to try again. */
  private @Nullable String lastHandledReconcile(Decision decision) {
    boolean starts =
        decision instanceof Decision.Start
            || decision instanceof Decision.Wait
            || decision instanceof Decision.Expire
            || decision instanceof Decision.Queued
            || decision instanceof Decision.Cancel
            || decision instanceof Decision.RetryLater
            || (decision instanceof Decision.Stalled stalled && stalled.attempt().isPresent());
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
    return new OsImageStatus(
        observed.generation(),
        new ReportedConditions(image, observed).published(artifact),
        artifact,
        known,
        boot(artifact, known),
        new ReportedBuild(image, observed).of(published),
        null,
        history(artifact),
        lastHandledReconcile(published),
        lastHandledRebuild());
  }

  /** What was published before this artifact, without what is the same as it. */
  private @Nullable List<Published> history(Artifact now) {
    var earlier = new ArrayList<>(before.effectiveHistory());
    if (before.artifact() != null && before.parts() != null) {
      earlier.addFirst(new Published(before.artifact(), before.parts()));
    }
    var references = new HashSet<>(Set.of(now.reference()));
    var history =
        earlier.stream()
            .filter(published -> references.add(published.artifact().reference()))
            .limit(OsImageStatus.MAX_HISTORY)
            .toList();
    return history.isEmpty() ? null : history;
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
        observed.spec().commandLine());
  }
}
