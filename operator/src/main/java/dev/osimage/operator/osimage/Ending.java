package dev.osimage.operator.osimage;

import dev.osimage.api.Reason;
import dev.osimage.image.Termination;
import dev.osimage.image.Wire;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Why a pod ended without a result: the builder's own words, else the cluster's, else what its exit
 * code tells.
 */
final class Ending {

  private static final int HEAP_FULL_EXIT = 3;
  private static final int KILLED_EXIT = 137;
  private static final int TERMINATED_EXIT = 143;
  private static final BigDecimal TWICE = BigDecimal.valueOf(2);

  private Ending() {}

  /** The failure of a Job's pod. */
  static Attempt.Failed of(Pod pod, Instant finishedAt) {
    var terminated = BuilderContainer.terminated(pod);
    return terminated
        .flatMap(Ending::answer)
        // A success that failed is the cluster's doing.
        .filter(answer -> answer.reason().nature() != Reason.Nature.STATE)
        .map(said -> said(said, finishedAt))
        .or(() -> byCluster(pod, finishedAt))
        .or(() -> terminated.map(end -> killed(pod, end, finishedAt)))
        .orElseGet(() -> lost(ClusterText.of(pod.getStatus().getMessage()), finishedAt));
  }

  private static Attempt.Failed said(Termination said, Instant finishedAt) {
    var step = said.step() == null ? null : said.step().text();
    var trace = new Attempt.Trace(step, null, null, said.finished());
    return new Attempt.Failed(said.reason(), said.message(), finishedAt, trace);
  }

  /** The failure of a builder of which nothing better is known. */
  static Attempt.Failed lost(String why, Instant finishedAt) {
    return new Attempt.Failed(
        Reason.BUILDER_LOST,
        "the builder ended without an answer" + (why.isEmpty() ? "" : ": " + why),
        finishedAt);
  }

  /** What a pod left for the operator; empty where it left nothing that can be read. */
  static Optional<Termination> answer(Pod pod) {
    return BuilderContainer.terminated(pod).flatMap(Ending::answer);
  }

  private static Optional<Termination> answer(ContainerStateTerminated terminated) {
    try {
      var message = Objects.requireNonNullElse(terminated.getMessage(), "");
      return Optional.of(Wire.read(message.getBytes(StandardCharsets.UTF_8), Termination.class));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<Attempt.Failed> byCluster(Pod pod, Instant finishedAt) {
    var disruption = Disruption.of(pod);
    if (disruption.isPresent()) {
      return Optional.of(disrupted(disruption.get(), finishedAt));
    }
    var reason = ClusterText.of(pod.getStatus().getReason());
    var message = ClusterText.of(pod.getStatus().getMessage());
    if (reason.equals("DeadlineExceeded")) {
      return Optional.of(
          new Attempt.Failed(
              Reason.BUILD_TIMEOUT,
              "the pod ran longer than pendingTimeout and timeout",
              finishedAt));
    }
    if (reason.equals("Evicted")) {
      return Optional.of(lost(message, finishedAt));
    }
    // Such as OutOfmemory: other pods were faster on the node that the scheduler had chosen.
    return reason.startsWith("OutOf")
        ? Optional.of(new Attempt.Failed(Reason.UNSCHEDULABLE, message, finishedAt))
        : Optional.empty();
  }

  /** The failure of a pod that the cluster ended for reasons of its own. */
  static Attempt.Failed disrupted(Disruption disruption, Instant finishedAt) {
    return new Attempt.Failed(
        Reason.POD_DISRUPTED,
        "the cluster ended the builder pod: " + disruption.sentence(),
        finishedAt);
  }

  private static Attempt.Failed killed(
      Pod pod, ContainerStateTerminated terminated, Instant finishedAt) {
    int exit = terminated.getExitCode();
    // A full heap ends the virtual machine before any word of the builder; its own 3 has a message.
    boolean heapFull = exit == HEAP_FULL_EXIT && ClusterText.of(terminated.getMessage()).isEmpty();
    if (heapFull || "OOMKilled".equals(terminated.getReason())) {
      return new Attempt.Failed(Reason.BUILDER_OUT_OF_MEMORY, outOfMemory(pod), finishedAt);
    }
    boolean killed = exit == KILLED_EXIT || exit == TERMINATED_EXIT;
    if (killed && pod.getMetadata().getDeletionTimestamp() != null) {
      return lost("somebody deleted its pod", finishedAt);
    }
    return lost(killed ? "it was killed" : "it ended with exit code " + exit, finishedAt);
  }

  private static String outOfMemory(Pod pod) {
    return BuilderContainer.memoryLimit(pod)
        .map(limit ->
            ("the builder needed more memory than its limit of %s; set"
                    + " builder.resources.limits.memory of the chart to %s or more")
                .formatted(limit, twice(limit)))
        .orElse(
            "the builder's node had no more memory for it; set builder.resources.requests.memory of"
                + " the chart to what it needs");
  }

  private static String twice(Quantity quantity) {
    var amount = new BigDecimal(quantity.getAmount()).multiply(TWICE).stripTrailingZeros();
    return amount.toPlainString() + ClusterText.of(quantity.getFormat());
  }
}
