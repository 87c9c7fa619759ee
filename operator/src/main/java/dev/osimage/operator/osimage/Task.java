package dev.osimage.operator.osimage;

import dev.osimage.api.Reason;
import dev.osimage.image.BootLook;
import dev.osimage.image.RegistryTask;
import dev.osimage.image.Termination;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One {@link RegistryTask} on its way: a Job of ours, as it is now.
 *
 * @param purpose what it is for
 * @param artifacts references of the artifacts that it is about
 * @param builtAt when the one artifact was built that a look is about
 * @param look the request that it answers, see {@link Requests#look()}
 * @param prepared it has its plan and may run
 * @param deleting the Job is being deleted
 * @param end how it ended; empty while it has not
 */
record Task(
    String job,
    RegistryTask.Kind kind,
    String purpose,
    List<String> artifacts,
    @Nullable String builtAt,
    @Nullable String look,
    Instant createdAt,
    boolean prepared,
    boolean deleting,
    Optional<End> end) {

  /**
   * How a task ended.
   *
   * @param reason {@link Reason#SUCCEEDED}, what was found, or why it failed
   * @param message the same in a sentence; empty when there is nothing to say
   * @param bootLook what a look found of boot URLs
   */
  record End(Instant at, Reason reason, String message, Optional<BootLook> bootLook) {

    /** Whether a look says how things are, and not why it could not look. */
    boolean isFinding() {
      return switch (reason) {
        case SUCCEEDED, ARTIFACT_LOST, TAG_MOVED -> true;
        default -> false;
      };
    }
  }

  boolean running() {
    return prepared && end.isEmpty();
  }

  /** Reads a task from its Job and pods, the newest first; empty for one of a newer version. */
  static Optional<Task> read(Job job, List<Pod> pods, Duration patience, Instant now) {
    var metadata = job.getMetadata();
    var createdAt = Instant.parse(metadata.getCreationTimestamp());
    return kind(metadata.getLabels().getOrDefault(Labels.TASK, ""))
        .map(kind ->
            new Task(
                metadata.getName(),
                kind,
                metadata.getAnnotations().getOrDefault(Labels.PURPOSE, ""),
                TaskJob.artifacts(job),
                metadata.getAnnotations().get(Labels.BUILT_AT),
                metadata.getAnnotations().get(Labels.LOOK),
                createdAt,
                !Boolean.TRUE.equals(job.getSpec().getSuspend()),
                metadata.getDeletionTimestamp() != null,
                end(job, pods, createdAt.plus(patience), now)));
  }

  private static Optional<RegistryTask.Kind> kind(String text) {
    return Arrays.stream(RegistryTask.Kind.values())
        .filter(kind -> kind.text().equals(text))
        .findFirst();
  }

  private static Optional<End> end(Job job, List<Pod> pods, Instant deadline, Instant now) {
    return AttemptReader.ended(job, "Complete", now)
        .map(at -> new End(at, Reason.SUCCEEDED, "", bootLook(pods)))
        .or(() -> AttemptReader.ended(job, "Failed", now).map(at -> failed(pods, at)))
        .or(() ->
            deadline.isBefore(now)
                ? Optional.of(
                    new End(
                        deadline,
                        Reason.BUILD_TIMEOUT,
                        "its pod did not end in time",
                        Optional.empty()))
                : Optional.empty());
  }

  private static End failed(List<Pod> pods, Instant at) {
    var failed =
        pods.stream()
            .findFirst()
            .map(pod -> Ending.of(pod, at))
            .orElseGet(() -> Ending.lost("its pod is gone", at));
    return new End(at, failed.reason(), failed.message(), bootLook(pods));
  }

  private static Optional<BootLook> bootLook(List<Pod> pods) {
    return pods.stream().findFirst().flatMap(Ending::answer).map(Termination::bootLook);
  }
}
