package dev.osimage.operator.osimage;

import dev.osimage.api.Reason;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.FinishedPart;
import dev.osimage.image.Wire;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads from a Job, its pod and the pod's log where an attempt stands. */
final class AttemptReader {

  private static final Logger LOG = LoggerFactory.getLogger(AttemptReader.class);
  private static final Duration LOG_PATIENCE = Duration.ofMinutes(2);

  /** The last lines of a pod's log, oldest first. */
  private final Function<Pod, List<String>> log;

  private final Waiting waiting;

  AttemptReader(Function<Pod, List<String>> log, Waiting waiting) {
    this.log = log;
    this.waiting = waiting;
  }

  /** Reads an attempt from its Job and that one's pods, the newest first. */
  Attempt read(Job job, List<Pod> pods, Instant now) {
    var pod = pods.stream().findFirst();
    var metadata = job.getMetadata();
    var labels = metadata.getLabels();
    var annotations = metadata.getAnnotations();
    var outcome = annotations.get(Labels.OUTCOME);
    return new Attempt(
        metadata.getName(),
        labels.getOrDefault(Labels.IDENTITY, ""),
        annotations.getOrDefault(Labels.PUBLICATION_HASH, ""),
        new Requests(
            annotations.get(Labels.LOOK),
            annotations.get(Labels.REBUILD),
            annotations.get(Labels.LOST)),
        (int) number(labels.get(Labels.ATTEMPT)),
        (int) Math.max(1, number(annotations.get(Labels.TRY))),
        number(annotations.get(Labels.GENERATION)),
        createdAt(job, pod),
        metadata.getDeletionTimestamp() != null,
        pods.stream().anyMatch(AttemptReader::alive),
        outcome != null,
        earlierDisruption(pods),
        outcome != null ? recorded(job, outcome) : state(job, pod, now));
  }

  private static Instant createdAt(Job job, Optional<Pod> pod) {
    return pod.flatMap(Disruption::of)
        .flatMap(Disruption::since)
        .orElseGet(() ->
            Instant.parse(
                pod.<HasMetadata>map(p -> p).orElse(job).getMetadata().getCreationTimestamp()));
  }

  private static @Nullable String earlierDisruption(List<Pod> pods) {
    return pods.stream()
        .skip(1)
        .flatMap(pod -> Disruption.of(pod).stream())
        .map(Disruption::sentence)
        .findFirst()
        .orElse(null);
  }

  /** Whether a pod may still do something. */
  static boolean alive(Pod pod) {
    var phase = pod.getStatus().getPhase();
    return !"Succeeded".equals(phase) && !"Failed".equals(phase);
  }

  /** Whether a Job is over and nobody has written down how it ended. */
  static boolean endedUnrecorded(Job job) {
    return !job.getMetadata().getAnnotations().containsKey(Labels.OUTCOME) && isOver(job);
  }

  /** Whether a Job is over. */
  static boolean isOver(Job job) {
    return condition(job, "Complete").isPresent() || condition(job, "Failed").isPresent();
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
      return Ending.lost("its record can't be read", since);
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
      return pod.map(p -> traced(Ending.of(p, finishedAt), p))
          .orElseGet(
              () -> Ending.lost("its pod is gone: it was deleted, or its node was", finishedAt));
    }
    return unfinished(job, pod, now);
  }

  private Attempt.State succeeded(Optional<Pod> pod, Instant finishedAt, Instant now) {
    try {
      return pod.flatMap(p -> last(p, BuilderLine.Result.class))
          .<Attempt.State>map(Attempt.Succeeded::new)
          .orElseGet(
              () -> Ending.lost("it ended well, but its result is not in its log", finishedAt));
    } catch (KubernetesClientException e) {
      // The node may answer in a moment. If not, another attempt finds everything in the registry.
      return finishedAt.plus(LOG_PATIENCE).isAfter(now)
          ? new Attempt.Running(null)
          : Ending.lost("it ended well, but its log can't be read", finishedAt);
    }
  }

  private Attempt.State unfinished(Job job, Optional<Pod> pod, Instant now) {
    if (pod.isEmpty()) {
      return waiting.forPod(job, now);
    }
    var disruption = Disruption.of(pod.get());
    if (disruption.isPresent()) {
      return disrupted(job, pod.get(), disruption.get(), now);
    }
    var state = BuilderContainer.state(pod.get()).orElse(null);
    return state != null && (state.getRunning() != null || state.getTerminated() != null)
        ? new Attempt.Running(progress(pod.get()).orElse(null))
        : waiting.of(pod.get(), now);
  }

  /** The Job makes another pod once this one has ended, unless the cluster refuses that one. */
  private Attempt.State disrupted(Job job, Pod pod, Disruption disruption, Instant now) {
    var refused = alive(pod) ? Optional.<Attempt.Pending>empty() : waiting.refused(job, now);
    return refused.orElseGet(() ->
        new Attempt.Pending(
            Reason.POD_DISRUPTED,
            "the cluster ended the builder pod, and another one follows: "
                + disruption.sentence()));
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
    var terminated = BuilderContainer.terminated(pod);
    var lines = logLines(pod);
    var finished =
        Stream.concat(
                failed.trace().finished().stream(),
                lines.stream().flatMap(line -> parsed(line).stream()).flatMap(AttemptReader::done))
            .distinct()
            .toList();
    var trace =
        new Attempt.Trace(
            failed.trace().step(),
            terminated.map(ContainerStateTerminated::getExitCode).orElse(null),
            LogTail.of(lines),
            finished);
    return new Attempt.Failed(failed.reason(), failed.message(), failed.finishedAt(), trace);
  }

  /** Of a node that is gone there is no log, and the failure is told without it. */
  private List<String> logLines(Pod pod) {
    try {
      return log.apply(pod);
    } catch (KubernetesClientException e) {
      LOG.debug("no log of {}", pod.getMetadata().getName(), e);
      return List.of();
    }
  }

  private static Stream<FinishedPart> done(BuilderLine line) {
    return line instanceof BuilderLine.PartDone done ? Stream.of(done.part()) : Stream.empty();
  }

  /** When a Job came into a state that it does not leave; empty when it is not in it. */
  static Optional<Instant> ended(Job job, String type, Instant now) {
    return condition(job, type).map(condition -> finished(condition, now));
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
}
