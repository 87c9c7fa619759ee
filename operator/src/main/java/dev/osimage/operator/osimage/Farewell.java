package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.Condition;
import dev.osimage.api.DeletionPolicy;
import dev.osimage.api.OsImage;
import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.RegistryTask;
import dev.osimage.image.RegistryTask.TaggedArtifact;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Repository;
import dev.osimage.operator.Settings;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What is left to be done before a deleted object may go. */
sealed interface Farewell {

  /** Nothing: it may go. What was not done is said, unless it is empty. */
  record LetGo(String undone) implements Farewell {}

  /** Builds are ended first; their pods may still publish. */
  record Cancel(List<Attempt> attempts) implements Farewell {}

  /** What was published is taken away. */
  record Remove(Chore.Start start) implements Farewell {}

  /** A task is on its way. */
  record Wait(Task task) implements Farewell {}

  /** A task failed and may be done once more. */
  record Again(Task task, Task.End end, Instant next) implements Farewell {}

  String PURPOSE = "deletion";

  /** The rules: a pure function. */
  static Farewell decide(OsImage image, Observed observed, Settings settings, Claims claims) {
    var policy = observed.spec().effectiveDeletionPolicy();
    if (policy == DeletionPolicy.RETAIN) {
      return new LetGo("");
    }
    var running = observed.attempts().stream().filter(attempt -> !attempt.finished()).toList();
    if (!running.isEmpty() || observed.strayPods()) {
      return isLate(image, observed, settings)
          ? new LetGo("its builder did not end in time; what it published stays")
          : new Cancel(running);
    }
    if (!(observed.target() instanceof Target.Buildable target)) {
      return new LetGo("the spec does not say how to reach the registry; what was published stays");
    }
    return observed.tasks().stream()
        .filter(task -> task.purpose().equals(PURPOSE) && task.prepared())
        .findFirst()
        .map(task -> after(task, image, observed, settings))
        .orElseGet(() -> removal(image, observed, target, settings, claims));
  }

  private static Farewell removal(
      OsImage image, Observed observed, Target.Buildable target, Settings settings, Claims claims) {
    var artifacts = artifacts(image, observed, target, claims);
    if (artifacts.isEmpty()) {
      return new LetGo("");
    }
    if (isLate(image, observed, settings)) {
      return new LetGo("its removal could not be started in time; what it published stays");
    }
    var kind =
        observed.spec().effectiveDeletionPolicy() == DeletionPolicy.UNTAG
            ? RegistryTask.Kind.UNTAG
            : RegistryTask.Kind.DELETE;
    // A name of its own each time: the plan of one that was cleared may still be there.
    var token = observed.now().toString();
    return new Remove(new Chore.Start(kind, PURPOSE, token, null, null, artifacts, List.of()));
  }

  private static Farewell after(Task task, OsImage image, Observed observed, Settings settings) {
    var late = isLate(image, observed, settings);
    if (task.end().isEmpty()) {
      return late ? new LetGo("its removal did not end in time") : new Wait(task);
    }
    var end = task.end().get();
    if (end.reason() == Reason.SUCCEEDED) {
      return new LetGo("");
    }
    return late || end.reason() == Reason.DELETION_UNSUPPORTED
        ? new LetGo(end.message())
        : new Again(task, end, end.at().plus(settings.retryInitial()));
  }

  /** From the moment on that the status says so: the operator may not have been there before. */
  private static boolean isLate(OsImage image, Observed observed, Settings settings) {
    var said =
        observed.status().effectiveConditions().stream()
            .filter(condition -> condition.type().equals(Condition.READY))
            .filter(condition -> condition.reason().equals(Reason.DELETING.text()))
            .flatMap(condition -> Chores.time(condition.lastTransitionTime()).stream())
            .findFirst();
    var deleted = Chores.time(image.getMetadata().getDeletionTimestamp());
    return said.flatMap(time -> deleted.map(since -> since.isAfter(time) ? since : time))
        .filter(since -> since.plus(settings.deletionTimeout()).isBefore(observed.now()))
        .isPresent();
  }

  private static List<TaggedArtifact> artifacts(
      OsImage image, Observed observed, Target.Buildable target, Claims claims) {
    var destination = target.plan().destination();
    var repository = destination.repository().toString();
    var named =
        Claims.named(image)
            .filter(artifact -> Claims.repository(artifact.reference()).equals(repository))
            .map(artifact -> tagged(image, artifact));
    // A build may have ended after the status was written for the last time.
    var unnamed =
        observed.attempts().stream()
            .filter(attempt -> attempt.publicationHash().equals(target.publicationHash()))
            .flatMap(attempt ->
                attempt.state() instanceof Attempt.Succeeded(var result)
                    ? Stream.of(result.digest())
                    : Stream.empty())
            .map(digest ->
                new TaggedArtifact(digest, destination.tags(), target.plan().contentTag()));
    var digests = new HashSet<Digest>();
    return Stream.concat(named, unnamed)
        .filter(artifact -> digests.add(artifact.digest()))
        .flatMap(
            artifact -> withoutClaimed(image, artifact, destination.repository(), claims).stream())
        .toList();
  }

  private static TaggedArtifact tagged(OsImage image, Artifact artifact) {
    // The tags of earlier ones have moved on.
    var tags = artifact.equals(image.getStatus().artifact()) ? artifact.tags() : List.<String>of();
    return new TaggedArtifact(
        Digest.parse(artifact.digest()), tags, BuildPlan.contentTag(artifact.inputsHash()));
  }

  /** Of what another object names too, only the tags are this one's. */
  private static Optional<TaggedArtifact> withoutClaimed(
      OsImage image, TaggedArtifact artifact, Repository repository, Claims claims) {
    if (!claims.byAnother(image, repository.at(artifact.digest()))) {
      return Optional.of(artifact);
    }
    var tags =
        artifact.tags().stream()
            .filter(tag -> !claims.byAnother(image, repository + ":" + tag))
            .toList();
    return tags.isEmpty() || image.getSpec().effectiveDeletionPolicy() != DeletionPolicy.UNTAG
        ? Optional.empty()
        : Optional.of(new TaggedArtifact(artifact.digest(), tags, null));
  }
}
