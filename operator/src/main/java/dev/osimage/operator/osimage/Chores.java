package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.Check;
import dev.osimage.api.Durations;
import dev.osimage.api.OsImage;
import dev.osimage.api.Part;
import dev.osimage.api.Reason;
import dev.osimage.api.Retired;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.RegistryTask;
import dev.osimage.image.RegistryTask.TaggedArtifact;
import dev.osimage.oci.Digest;
import dev.osimage.operator.Settings;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rules of what is done at the registry besides building: a pure function. */
final class Chores {

  /** Longer than it takes between the creation of a Job and that of its plan. */
  private static final Duration PREPARATION = Duration.ofMinutes(1);

  private final OsImage image;
  private final Observed observed;
  private final Settings settings;
  private final Claims claims;

  private Chores(OsImage image, Observed observed, Settings settings, Claims claims) {
    this.image = image;
    this.observed = observed;
    this.settings = settings;
    this.claims = claims;
  }

  static Chore decide(
      OsImage image, Observed observed, Decision decision, Settings settings, Claims claims) {
    if (!(observed.target() instanceof Target.Buildable target) || !isSettled(observed, decision)) {
      return Chore.Nothing.EVER;
    }
    if (decision instanceof Decision.Published published && isNews(observed, published)) {
      // The status comes first: what it names now is another artifact.
      return new Chore.Nothing(Optional.of(observed.now()));
    }
    return new Chores(image, observed, settings, claims).decide(target);
  }

  /** Whether what is published can be looked at: not while a build is about to change it. */
  static boolean isSettled(Observed observed, Decision decision) {
    return observed.target() instanceof Target.Buildable
        && (decision instanceof Decision.Published
            || (decision instanceof Decision.Stalled stalled
                && stalled.reason() == Reason.ARTIFACT_LOST));
  }

  private static boolean isNews(Observed observed, Decision.Published published) {
    var artifact = observed.status().artifact();
    return published
        .by()
        .map(Attempt::state)
        .filter(Attempt.Succeeded.class::isInstance)
        .map(Attempt.Succeeded.class::cast)
        .map(Attempt.Succeeded::result)
        .filter(now ->
            artifact == null
                || !now.finishedAt().equals(artifact.builtAt())
                || !now.digest().toString().equals(artifact.digest()))
        .isPresent();
  }

  private Chore decide(Target.Buildable target) {
    var pauses = new ArrayList<Instant>();
    for (var task : observed.tasks()) {
      if (task.deleting() || task.running()) {
        return new Chore.Wait(task);
      }
      if (task.end().isPresent() && !isOver(observed, task, settings)) {
        var end = task.end().get();
        if (isFinal(task, end)) {
          return new Chore.Note(task, end);
        }
        pauses.add(again(end, settings));
      }
    }
    var artifact = observed.status().artifact();
    if (artifact == null) {
      return Chore.Nothing.EVER;
    }
    var due = nextCheck(observed);
    boolean asked = observed.isLookWanted();
    if (asked || due.filter(time -> !time.isAfter(observed.now())).isPresent()) {
      return check(artifact, asked ? observed.requests().look() : null, due);
    }
    var untagged = retired(target).toList();
    if (pauses.isEmpty() && !untagged.isEmpty()) {
      return untag(untagged);
    }
    due.ifPresent(pauses::add);
    return new Chore.Nothing(pauses.stream().min(Comparator.naturalOrder()));
  }

  private Chore.Start check(Artifact artifact, @Nullable String look, Optional<Instant> due) {
    return new Chore.Start(
        RegistryTask.Kind.CHECK,
        "look",
        artifact.reference() + " " + (look == null ? due.orElseThrow() : look),
        look,
        artifact.builtAt(),
        List.of(
            new TaggedArtifact(
                Digest.parse(artifact.digest()),
                artifact.tags(),
                BuildPlan.contentTag(artifact.inputsHash()))),
        bootUrls());
  }

  /** Of the registry: those of a gateway are probed by the operator itself. */
  private List<String> bootUrls() {
    var parts = observed.status().parts();
    // Not those of status.boot, which may be of a gateway that is no more.
    return parts == null || settings.gatewayUrl().isPresent()
        ? List.of()
        : parts.stream().map(Part::url).toList();
  }

  private Chore.Start untag(List<Retired> retired) {
    return new Chore.Start(
        RegistryTask.Kind.UNTAG,
        "retention",
        // A name of its own each time: the plan of one that was cleared may still be there.
        observed.now().toString(),
        null,
        null,
        retired.stream()
            .map(artifact ->
                new TaggedArtifact(
                    Digest.parse(digest(artifact.reference())), List.of(), artifact.contentTag()))
            .toList(),
        List.of());
  }

  private static String digest(String reference) {
    return reference.substring(reference.indexOf('@') + 1);
  }

  /** Whether it is in the repository for which the spec has credentials. */
  private static boolean isHere(String reference, Target.Buildable target) {
    return Claims.repository(reference).equals(target.plan().destination().repository().toString());
  }

  /** What is to be untagged, without what somebody names again. */
  private Stream<Retired> retired(Target.Buildable target) {
    var own = Claims.named(image).map(Claims::contentTag).collect(Collectors.toSet());
    return observed.status().effectiveRetired().stream()
        .filter(artifact -> isHere(artifact.reference(), target))
        .filter(artifact -> !own.contains(contentTag(artifact)))
        .filter(artifact -> !claims.byAnother(image, contentTag(artifact)));
  }

  private static String contentTag(Retired artifact) {
    return Claims.repository(artifact.reference()) + ":" + artifact.contentTag();
  }

  /** When the registry is looked at by itself; empty when the spec does not ask for it. */
  static Optional<Instant> nextCheck(Observed observed) {
    var drift = observed.spec().drift();
    var artifact = observed.status().artifact();
    if (drift == null || artifact == null) {
      return Optional.empty();
    }
    var interval = Durations.parseLong(drift.interval());
    var last =
        Stream.of(observed.status().failedCheck(), observed.status().check())
            .filter(Objects::nonNull)
            .map(Check::time)
            .findFirst()
            .orElse(artifact.builtAt());
    // Up to a tenth more: objects that were published together do not ask together.
    var jitter =
        interval
            .multipliedBy(Math.floorMod(artifact.publicationHash().hashCode(), 100))
            .dividedBy(1000);
    return Optional.of(time(last).orElse(Instant.EPOCH).plus(interval).plus(jitter));
  }

  static Optional<Instant> time(@Nullable String text) {
    try {
      return Optional.ofNullable(text).map(Instant::parse);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /** Whether nobody needs this task's Job any more. */
  static boolean isOver(Observed observed, Task task, Settings settings) {
    if (task.end().isEmpty()) {
      return !task.prepared() && task.createdAt().plus(PREPARATION).isBefore(observed.now());
    }
    var end = task.end().get();
    var status = observed.status();
    return switch (task.kind()) {
      case CHECK -> {
        var artifact = status.artifact();
        yield artifact == null
            || !task.artifacts().contains(artifact.reference())
            || !artifact.builtAt().equals(task.builtAt())
            || Stream.of(status.check(), status.failedCheck())
                .filter(Objects::nonNull)
                .anyMatch(check -> task.job().equals(check.job()));
      }
      case UNTAG ->
          isFinal(task, end)
              ? status.effectiveRetired().stream()
                  .noneMatch(retired -> task.artifacts().contains(retired.reference()))
              : !again(end, settings).isAfter(observed.now());
      case DELETE -> true;
    };
  }

  /** Whether a task is not done once more: a look is, at its next time. */
  private static boolean isFinal(Task task, Task.End end) {
    return task.kind() == RegistryTask.Kind.CHECK
        || end.reason() == Reason.SUCCEEDED
        || end.reason() == Reason.DELETION_UNSUPPORTED;
  }

  private static Instant again(Task.End end, Settings settings) {
    return end.at().plus(settings.slowRetryMax());
  }
}
