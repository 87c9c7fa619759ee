package dev.osimage.operator.osimage;

import dev.osimage.api.Reason;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.Termination;
import dev.osimage.image.Wire;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads from a Job, its pod and the pod's log where an attempt stands. */
final class AttemptReader {

  private static final Logger LOG = LoggerFactory.getLogger(AttemptReader.class);
  private static final Duration LOG_PATIENCE = Duration.ofMinutes(2);
  private static final int HEAP_FULL_EXIT = 3;
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
        new Requests(annotations.get(Labels.LOOK), annotations.get(Labels.REBUILD)),
        (int) number(labels.get(Labels.ATTEMPT)),
        (int) Math.max(1, number(annotations.get(Labels.TRY))),
        number(annotations.get(Labels.GENERATION)),
        Instant.parse(
            pod.<HasMetadata>map(p -> p).orElse(job).getMetadata().getCreationTimestamp()),
        metadata.getDeletionTimestamp() != null,
        pod.filter(AttemptReader::alive).isPresent(),
        outcome != null,
        outcome != null ? recorded(job, outcome) : state(job, pod, now));
  }

  /** Whether a pod may still do something. */
  static boolean alive(Pod pod) {
    var phase = pod.getStatus().getPhase();
    return !"Succeeded".equals(phase) && !"Failed".equals(phase);
  }

  /** Whether a Job is over and nobody has written down how it ended. */
  static boolean endedUnrecorded(Job job) {
    return !job.getMetadata().getAnnotations().containsKey(Labels.OUTCOME)
        && (condition(job, "Complete").isPresent() || condition(job, "Failed").isPresent());
  }

  /** Whether the status knows how a Job ended. */
  static boolean isRecorded(Job job) {
    return job.getMetadata().getAnnotations().containsKey(Labels.OUTCOME);
  }

  private static Attempt.State recorded(Job job, String outcome) {
    try {
      return Outcome.read(outcome);
    } catch (IllegalArgumentException | DateTimeParseException e) {
      // The same at each look, or it would never be over.
      var since = Instant.parse(job.getMetadata().getCreationTimestamp());
      return lost("its record can't be read", since);
    }
  }

  private static long number(@Nullable String text) {
    return text != null && text.matches("\\d{1,9}") ? Long.parseLong(text) : 0;
  }

  private Attempt.State state(Job job, Optional<Pod> pod, Instant now) {
    var complete = condition(job, "Complete");
    if (complete.isPresent()) {
      return succeeded(pod, finished(complete.get(), now), now);
    }
    var failed = condition(job, "Failed");
    if (failed.isPresent()) {
      var finishedAt = finished(failed.get(), now);
      return pod.map(p -> traced(failure(p, finishedAt), p))
          .orElseGet(() -> lost("its pod is gone", finishedAt));
    }
    return pod.map(this::unfinished)
        .orElseGet(() ->
            new Attempt.Pending(
                "there is no pod yet; kubectl describe job %s may say why"
                    .formatted(job.getMetadata().getName()),
                false));
  }

  private Attempt.State succeeded(Optional<Pod> pod, Instant finishedAt, Instant now) {
    try {
      return pod.flatMap(p -> last(p, BuilderLine.Result.class))
          .<Attempt.State>map(Attempt.Succeeded::new)
          .orElseGet(() -> lost("it ended well, but its result is not in its log", finishedAt));
    } catch (KubernetesClientException e) {
      // The node may answer in a moment. If not, another attempt finds everything in the registry.
      return finishedAt.plus(LOG_PATIENCE).isAfter(now)
          ? new Attempt.Running(null)
          : lost("it ended well, but its log can't be read", finishedAt);
    }
  }

  private Attempt.State unfinished(Pod pod) {
    var builder = builder(pod);
    var state = builder.map(ContainerStatus::getState).orElse(null);
    if (state != null && (state.getRunning() != null || state.getTerminated() != null)) {
      return new Attempt.Running(progress(pod).orElse(null));
    }
    if (state != null && state.getWaiting() != null) {
      var reason = text(state.getWaiting().getReason());
      var message = (reason + " " + text(state.getWaiting().getMessage())).strip();
      return new Attempt.Pending(message, reason.equals("ContainerCreating"));
    }
    var unscheduled =
        pod.getStatus().getConditions().stream()
            .filter(condition -> condition.getType().equals("PodScheduled"))
            .filter(condition -> condition.getStatus().equals("False"))
            .map(condition -> text(condition.getMessage()))
            .findFirst();
    return new Attempt.Pending(unscheduled.orElse("its pod is being started"), false);
  }

  /** Progress is worth little: a node that can't be asked for it must not stop anything. */
  private Optional<BuilderLine.Progress> progress(Pod pod) {
    try {
      return last(pod, BuilderLine.Progress.class);
    } catch (KubernetesClientException e) {
      LOG.debug("no progress of {}", pod.getMetadata().getName(), e);
      return Optional.empty();
    }
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

  private Attempt.Failed traced(Attempt.Failed failed, Pod pod) {
    var terminated = terminated(pod);
    var trace =
        new Attempt.Trace(
            failed.trace().step(),
            terminated.map(ContainerStateTerminated::getExitCode).orElse(null),
            logTail(pod));
    return new Attempt.Failed(failed.reason(), failed.message(), failed.finishedAt(), trace);
  }

  /** Of a node that is gone there is no log, and the failure is told without it. */
  private @Nullable String logTail(Pod pod) {
    try {
      return LogTail.of(log.apply(pod));
    } catch (KubernetesClientException e) {
      LOG.debug("no log of {}", pod.getMetadata().getName(), e);
      return null;
    }
  }

  private static Optional<ContainerStateTerminated> terminated(Pod pod) {
    return builder(pod).map(ContainerStatus::getState).map(ContainerState::getTerminated);
  }

  private static Attempt.Failed failure(Pod pod, Instant finishedAt) {
    if ("DeadlineExceeded".equals(pod.getStatus().getReason())) {
      return new Attempt.Failed(
          Reason.BUILD_TIMEOUT, "the pod ran longer than pendingTimeout and timeout", finishedAt);
    }
    var terminated = terminated(pod);
    if (terminated.isEmpty()) {
      return lost(text(pod.getStatus().getMessage()), finishedAt);
    }
    return termination(terminated.get())
        .map(t -> new Attempt.Failed(t.reason(), t.message(), finishedAt))
        .orElseGet(() -> killed(terminated.get(), finishedAt));
  }

  private static Optional<Termination> termination(ContainerStateTerminated terminated) {
    try {
      var message = text(terminated.getMessage()).getBytes(StandardCharsets.UTF_8);
      var termination = Wire.read(message, Termination.class);
      return termination.reason().nature() == Reason.Nature.STATE
          ? Optional.empty()
          : Optional.of(termination);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Attempt.Failed killed(ContainerStateTerminated terminated, Instant finishedAt) {
    int exit = terminated.getExitCode();
    // A full heap ends the virtual machine before any word of the builder; its own 3 has a message.
    boolean heapFull = exit == HEAP_FULL_EXIT && text(terminated.getMessage()).isEmpty();
    if (heapFull || "OOMKilled".equals(terminated.getReason())) {
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
