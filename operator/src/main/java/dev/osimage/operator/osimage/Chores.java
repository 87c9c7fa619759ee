package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.Durations;
import dev.osimage.api.OsImage;
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
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rules of what is done at the registry besides building: a pure function. */
final class Chores {

  /** How long objects wait whose task has to wait for those of others. */
  static final Duration TURN = Duration.ofSeconds(5);

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
    return observed.target() instanceof Target.Buildable target && isSettled(decision)
        ? new Chores(image, observed, settings, claims).decide(target)
        : Chore.Nothing.EVER;
  }

  /** While something is built, what is in the registry is about to change. */
  private static boolean isSettled(Decision decision) {
    return decision instanceof Decision.Published
        || (decision instanceof Decision.Stalled stalled
            && stalled.reason() == Reason.ARTIFACT_LOST);
  }

  private Chore decide(Target.Buildable target) {
    for (var task : observed.tasks()) {
      if (task.deleting() || (task.prepared() && task.end().isEmpty())) {
        return new Chore.Wait(task);
      }
      if (task.end().isPresent() && !isOver(observed, task, settings)) {
        var end = task.end().get();
        return isFinal(task, end)
            ? new Chore.Note(task, end)
            : new Chore.Nothing(Optional.of(again(end, settings)));
      }
    }
    var artifact = observed.status().artifact();
    if (artifact == null) {
      return Chore.Nothing.EVER;
    }
    var due = nextCheck(observed);
    boolean asked = observed.isLookWanted();
    if (isHere(artifact.reference(), target)
        && (asked || due.filter(time -> !time.isAfter(observed.now())).isPresent())) {
      return check(artifact, asked ? observed.requests().look() : null, due);
    }
    var untagged = retired(target).toList();
    return untagged.isEmpty() ? new Chore.Nothing(due) : untag(untagged);
  }

  private static Chore.Start check(
      Artifact artifact, @Nullable String look, Optional<Instant> due) {
    var purpose = artifact.reference() + " " + (look == null ? due.orElseThrow() : look);
    return new Chore.Start(
        RegistryTask.Kind.CHECK,
        purpose,
        look,
        List.of(
            new TaggedArtifact(
                Digest.parse(artifact.digest()),
                artifact.tags(),
                BuildPlan.contentTag(artifact.inputsHash()))));
  }

  private static Chore.Start untag(List<Retired> retired) {
    return new Chore.Start(
        RegistryTask.Kind.UNTAG,
        retired.toString(),
        null,
        retired.stream()
            .map(artifact ->
                new TaggedArtifact(
                    Digest.parse(digest(artifact.reference())), List.of(), artifact.contentTag()))
            .toList());
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
    return observed.status().effectiveRetired().stream()
        .filter(artifact -> isHere(artifact.reference(), target))
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
    var check = observed.status().check();
    var last = check == null ? artifact.builtAt() : check.time();
    // Up to a tenth more: objects that were published together do not ask together.
    var jitter =
        interval
            .multipliedBy(Math.floorMod(artifact.publicationHash().hashCode(), 100))
            .dividedBy(1000);
    return Optional.of(time(last).orElse(Instant.EPOCH).plus(interval).plus(jitter));
  }

  static Optional<Instant> time(String text) {
    try {
      return Optional.of(Instant.parse(text));
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
        var check = status.check();
        yield artifact == null
            || !task.artifacts().contains(artifact.reference())
            || time(artifact.builtAt()).filter(task.createdAt()::isBefore).isPresent()
            || (check != null && check.job().equals(task.job()));
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
