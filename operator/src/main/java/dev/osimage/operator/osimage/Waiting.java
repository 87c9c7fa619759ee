package dev.osimage.operator.osimage;

import dev.osimage.api.Reason;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** What an attempt waits for whose builder does not run, in the cluster's own words. */
final class Waiting {

  /** Mostly, a pod comes and starts sooner: until then the cluster is not asked for events. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final Set<String> PULL_ERRORS =
      Set.of(
          "ErrImagePull",
          "ImagePullBackOff",
          "InvalidImageName",
          "ErrImageNeverPull",
          "ImageInspectError",
          "RegistryUnavailable",
          "SignatureValidationFailed");

  /** Words of a refusal, and its reason. The first that matches counts. */
  private record Refusal(Pattern words, Reason reason) {

    Refusal(String words, Reason reason) {
      this(Pattern.compile(words), reason);
    }
  }

  private static final List<Refusal> REFUSALS =
      List.of(
          new Refusal("exceeded quota", Reason.QUOTA_EXCEEDED),
          // Of a namespace or an API server that is about to begin or to end.
          new Refusal(
              "service ?account|being terminated|not yet ready|status unknown for quota",
              Reason.PENDING),
          new Refusal("is forbidden|denied (the )?request|is invalid", Reason.POD_REFUSED));

  /** What differs from try to try: a status that follows it would change each time. */
  private static final Pattern TRY =
      Pattern.compile(
          "^(\\(combined from similar events\\): )?(Error creating: )?"
              + "([Pp]ods? \"[^\"]*\" is (forbidden|invalid): )?");

  /** The newest event about an object. */
  private final Function<HasMetadata, Optional<Event>> lastEvent;

  Waiting(Function<HasMetadata, Optional<Event>> lastEvent) {
    this.lastEvent = lastEvent;
  }

  /** What a Job without a pod waits for. */
  Attempt.Pending forPod(Job job, Instant now) {
    return refused(job, now)
        .orElseGet(() ->
            new Attempt.Pending(
                Reason.PENDING,
                "there is no pod yet; kubectl describe job %s may say why"
                    .formatted(job.getMetadata().getName())));
  }

  /** How the cluster refuses the pod that a Job tries to make; empty when it does not. */
  Optional<Attempt.Pending> refused(Job job, Instant now) {
    return lastEvent(job, now)
        .filter(event -> "Warning".equals(event.getType()))
        .map(event -> refusal(ClusterText.of(event.getMessage())));
  }

  private static Attempt.Pending refusal(String event) {
    var reason =
        REFUSALS.stream()
            .filter(refusal -> refusal.words().matcher(event).find())
            .map(Refusal::reason)
            .findFirst()
            .orElse(Reason.PENDING);
    return new Attempt.Pending(
        reason, "the cluster refuses the builder pod: " + TRY.matcher(event).replaceFirst(""));
  }

  /** What a pod waits for whose builder has not started. */
  Attempt.Pending of(Pod pod, Instant now) {
    return BuilderContainer.state(pod)
        .map(ContainerState::getWaiting)
        .map(waiting -> container(pod, waiting, now))
        .or(() -> unscheduled(pod))
        .orElseGet(() ->
            new Attempt.Pending(
                Reason.PENDING, withEvent("the builder pod is being started", pod, now)));
  }

  private Attempt.Pending container(Pod pod, ContainerStateWaiting waiting, Instant now) {
    var word = ClusterText.of(waiting.getReason());
    var message = ClusterText.of(waiting.getMessage());
    if (word.equals("ContainerCreating")) {
      return new Attempt.Pending(
          Reason.PENDING, withEvent("its node prepares volumes and image", pod, now), true);
    }
    if (PULL_ERRORS.contains(word)) {
      return new Attempt.Pending(
          Reason.IMAGE_PULL_FAILED,
          "the builder's image can't be pulled: " + (message.isEmpty() ? word : cause(message)));
    }
    return new Attempt.Pending(
        Reason.PENDING, message.isEmpty() ? word : "%s: %s".formatted(word, message));
  }

  /** The same whether kubelet tries just now or is about to try again. */
  private static String cause(String message) {
    var marker = "desc = ";
    int start = message.lastIndexOf(marker);
    return start < 0 ? message : message.substring(start + marker.length());
  }

  private static Optional<Attempt.Pending> unscheduled(Pod pod) {
    return pod.getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals("PodScheduled"))
        .filter(condition -> condition.getStatus().equals("False"))
        .map(condition ->
            new Attempt.Pending(Reason.UNSCHEDULABLE, ClusterText.of(condition.getMessage())))
        .findFirst();
  }

  /** A volume that can't be mounted is told by an event only. */
  private String withEvent(String state, Pod pod, Instant now) {
    return lastEvent(pod, now)
        .map(event -> "%s: %s".formatted(state, ClusterText.of(event.getMessage())))
        .orElse(state);
  }

  private Optional<Event> lastEvent(HasMetadata object, Instant now) {
    var created = Instant.parse(object.getMetadata().getCreationTimestamp());
    return created.plus(PATIENCE).isBefore(now) ? lastEvent.apply(object) : Optional.empty();
  }
}
