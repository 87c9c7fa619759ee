package dev.osimage.operator.osimage;

import dev.osimage.api.Reason;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.Termination;
import dev.osimage.image.Wire;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads from a Job, its pod and the pod's log where an attempt stands. */
final class AttemptReader {

  private static final int KILLED_EXIT = 137;

  /** The last lines of a pod's log, oldest first. */
  private final Function<Pod, List<String>> log;

  AttemptReader(Function<Pod, List<String>> log) {
    this.log = log;
  }

  Attempt read(Job job, Optional<Pod> pod, Instant now) {
    var metadata = job.getMetadata();
    var labels = metadata.getLabels();
    var annotations = metadata.getAnnotations();
    var outcome = annotations.get(Labels.OUTCOME);
    return new Attempt(
        metadata.getName(),
        labels.getOrDefault(Labels.IDENTITY, ""),
        annotations.getOrDefault(Labels.PUBLICATION_HASH, ""),
        Integer.parseInt(labels.getOrDefault(Labels.ATTEMPT, "1")),
        Long.parseLong(annotations.getOrDefault(Labels.GENERATION, "0")),
        Instant.parse(metadata.getCreationTimestamp()),
        // An attempt that was given up is over for us when its pod is gone.
        metadata.getDeletionTimestamp() != null || (outcome != null && alive(pod)),
        outcome != null,
        outcome != null ? Outcome.read(outcome) : state(job, pod, now));
  }

  private static boolean alive(Optional<Pod> pod) {
    return pod.map(p -> p.getStatus().getPhase())
        .filter(phase -> phase.equals("Pending") || phase.equals("Running"))
        .isPresent();
  }

  private Attempt.State state(Job job, Optional<Pod> pod, Instant now) {
    var complete = condition(job, "Complete");
    if (complete.isPresent()) {
      return pod.flatMap(this::result)
          .<Attempt.State>map(Attempt.Succeeded::new)
          .orElseGet(() ->
              lost("it ended well, but its result can't be read", finished(complete.get(), now)));
    }
    var failed = condition(job, "Failed");
    if (failed.isPresent()) {
      var finishedAt = finished(failed.get(), now);
      return pod.map(p -> failure(p, finishedAt))
          .orElseGet(() -> lost("its pod is gone", finishedAt));
    }
    return pod.map(this::unfinished)
        .orElseGet(() -> new Attempt.Pending("its pod has not been made yet"));
  }

  private Attempt.State unfinished(Pod pod) {
    var builder = builder(pod);
    var state = builder.map(ContainerStatus::getState).orElse(null);
    if (state != null && (state.getRunning() != null || state.getTerminated() != null)) {
      return new Attempt.Running(last(pod, BuilderLine.Progress.class).orElse(null));
    }
    if (state != null && state.getWaiting() != null) {
      var waiting = state.getWaiting();
      return new Attempt.Pending(
          (text(waiting.getReason()) + " " + text(waiting.getMessage())).strip());
    }
    return new Attempt.Pending(
        pod.getStatus().getConditions().stream()
            .filter(condition -> condition.getType().equals("PodScheduled"))
            .filter(condition -> condition.getStatus().equals("False"))
            .map(PodCondition::getMessage)
            .findFirst()
            .orElse("its pod is being started"));
  }

  private Optional<BuilderLine.Result> result(Pod pod) {
    return last(pod, BuilderLine.Result.class);
  }

  private <T extends BuilderLine> Optional<T> last(Pod pod, Class<T> type) {
    var lines = new ArrayList<>(log.apply(pod));
    Collections.reverse(lines);
    return lines.stream()
        .flatMap(line -> parsed(line).stream())
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst();
  }

  private static Optional<BuilderLine> parsed(String line) {
    try {
      return Optional.of(Wire.read(line.getBytes(StandardCharsets.UTF_8), BuilderLine.class));
    } catch (IllegalArgumentException e) {
      // The builder's log shares the stream.
      return Optional.empty();
    }
  }

  private static Attempt.Failed failure(Pod pod, Instant finishedAt) {
    if ("DeadlineExceeded".equals(pod.getStatus().getReason())) {
      return new Attempt.Failed(
          Reason.BUILD_TIMEOUT, "the pod ran longer than pendingTimeout and timeout", finishedAt);
    }
    var terminated =
        builder(pod)
            .map(ContainerStatus::getState)
            .map(state -> state.getTerminated())
            .orElse(null);
    if (terminated == null) {
      return lost(text(pod.getStatus().getMessage()), finishedAt);
    }
    return termination(terminated)
        .map(t -> new Attempt.Failed(t.reason(), t.message(), finishedAt))
        .orElseGet(() -> killed(terminated, finishedAt));
  }

  private static Optional<Termination> termination(ContainerStateTerminated terminated) {
    try {
      var message = text(terminated.getMessage()).getBytes(StandardCharsets.UTF_8);
      var termination = Wire.read(message, Termination.class);
      return termination.reason() == Reason.SUCCEEDED ? Optional.empty() : Optional.of(termination);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Attempt.Failed killed(ContainerStateTerminated terminated, Instant finishedAt) {
    int exit = terminated.getExitCode();
    if ("OOMKilled".equals(terminated.getReason())) {
      return new Attempt.Failed(
          Reason.BUILDER_OUT_OF_MEMORY,
          "the builder needed more memory than its limit; raise builder.resources in the chart",
          finishedAt);
    }
    return lost(
        exit == KILLED_EXIT ? "it was killed" : "it ended with exit code " + exit, finishedAt);
  }

  private static Attempt.Failed lost(String why, Instant finishedAt) {
    return new Attempt.Failed(
        Reason.BUILDER_LOST,
        "the builder ended without an answer" + (why.isEmpty() ? "" : ": " + why),
        finishedAt);
  }

  private static Optional<ContainerStatus> builder(Pod pod) {
    return pod.getStatus().getContainerStatuses().stream()
        .filter(status -> status.getName().equals(BuildJob.CONTAINER))
        .findFirst();
  }

  private static Optional<JobCondition> condition(Job job, String type) {
    return job.getStatus() == null
        ? Optional.empty()
        : job.getStatus().getConditions().stream()
            .filter(condition -> condition.getType().equals(type))
            .filter(condition -> condition.getStatus().equals("True"))
            .findFirst();
  }

  private static Instant finished(JobCondition condition, Instant now) {
    var time = condition.getLastTransitionTime();
    return time == null ? now : Instant.parse(time);
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
