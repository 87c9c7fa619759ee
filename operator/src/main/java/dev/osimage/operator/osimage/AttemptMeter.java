package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.image.BuilderLine;
import dev.osimage.operator.runtime.BuildMetrics;
import dev.osimage.operator.runtime.BuildMetrics.Result;
import dev.osimage.operator.runtime.BuildMetrics.Step;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Counts what becomes of attempts and tasks, each once although a cache may show it twice. */
final class AttemptMeter {

  private static final int REMEMBERED = 1000;

  private final BuildMetrics metrics;
  private final Set<String> counted =
      Collections.synchronizedSet(
          Collections.newSetFromMap(
              new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                  return size() > REMEMBERED;
                }
              }));

  AttemptMeter(BuildMetrics metrics) {
    this.metrics = metrics;
  }

  /** Counts what one look at an object saw and decided; {@code pods} are those of the object. */
  void count(OsImage image, Observed observed, Decision decision, Collection<Pod> pods) {
    var metadata = image.getMetadata();
    var artifact = observed.status().artifact();
    time(artifact == null ? null : artifact.builtAt())
        .ifPresent(at -> metrics.lastSuccess(metadata.getNamespace(), metadata.getName(), at));
    if (decision instanceof Decision.Start start && start.number() > 1) {
      metrics.retried();
    }
    if (decision instanceof Decision.Expire expire) {
      ended(expire.attempt(), expire.failure(), pods, observed.now());
    }
    if (decision instanceof Decision.Cancel cancel) {
      cancel.attempts().stream()
          .filter(Attempt::active)
          .filter(this::isNew)
          .forEach(attempt -> metrics.ended(Result.CANCELLED, "Cancelled"));
    }
    observed.attempts().stream()
        .filter(attempt -> !attempt.active() && !attempt.recorded())
        .forEach(attempt -> ended(attempt, attempt.state(), pods, observed.now()));
  }

  /** Counts the tasks that have ended. */
  void count(Collection<Task> tasks) {
    for (var task : tasks) {
      if (task.end().isPresent() && isNew(task.job(), task.createdAt())) {
        metrics.taskEnded(task.kind().text(), task.end().get().reason().text());
      }
    }
  }

  private void ended(Attempt attempt, Attempt.State state, Collection<Pod> pods, Instant now) {
    if (!isNew(attempt)) {
      return;
    }
    switch (state) {
      case Attempt.Succeeded succeeded -> {
        metrics.ended(Result.SUCCEEDED, "Succeeded");
        metrics.published(
            succeeded.result().parts().stream().mapToLong(BuilderLine.PublishedPart::size).sum());
      }
      case Attempt.Failed failed -> metrics.ended(Result.FAILED, failed.reason().text());
      case Attempt.Pending pending -> {}
      case Attempt.Running running -> {}
    }
    pods.stream()
        .filter(pod -> belongsTo(pod, attempt))
        .flatMap(pod -> builder(pod).stream())
        .findFirst()
        .ifPresent(builder -> times(attempt, builder));
    if (attempt.state() instanceof Attempt.Pending) {
      metrics.took(Step.PENDING, Duration.between(attempt.createdAt(), now));
    }
  }

  private static boolean belongsTo(Pod pod, Attempt attempt) {
    return pod.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner -> owner.getName().equals(attempt.job()));
  }

  private void times(Attempt attempt, ContainerState builder) {
    var ended = builder.getTerminated();
    var started = ended == null ? builder.getRunning().getStartedAt() : ended.getStartedAt();
    time(started)
        .ifPresent(begin -> {
          metrics.took(Step.PENDING, Duration.between(attempt.createdAt(), begin));
          time(ended == null ? null : ended.getFinishedAt())
              .ifPresent(end -> metrics.took(Step.RUNNING, Duration.between(begin, end)));
        });
  }

  private boolean isNew(Attempt attempt) {
    return isNew(attempt.job(), attempt.createdAt());
  }

  private boolean isNew(String job, Instant createdAt) {
    return counted.add(job + " " + createdAt);
  }

  private static Optional<ContainerState> builder(Pod pod) {
    return pod.getStatus().getContainerStatuses().stream()
        .filter(status -> status.getName().equals(JobPod.CONTAINER))
        .flatMap(status -> Stream.ofNullable(status.getState()))
        .filter(state -> state.getRunning() != null || state.getTerminated() != null)
        .findFirst();
  }

  private static Optional<Instant> time(@Nullable String text) {
    try {
      return Optional.ofNullable(text).map(Instant::parse);
    } catch (DateTimeParseException e) {
      // Somebody wrote it by hand; a metric is not worth more.
      return Optional.empty();
    }
  }
}
