package dev.osimage.operator.osimage;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * That the cluster ends or ended a pod for reasons of its own: an eviction, a preemption, a node
 * that went away.
 *
 * @param sentence what the cluster says
 * @param since when it said so; empty where it does not tell
 */
record Disruption(String sentence, Optional<Instant> since) {

  /** Reasons of a pod's status that say the same without the condition, as older kubelets do. */
  private static final Set<String> REASONS =
      Set.of("Evicted", "Preempting", "NodeLost", "NodeShutdown", "Shutdown", "Terminated");

  /** Kubelet evicts for this as well, but it would end the next pod in the same way. */
  private static final Pattern OWN_LIMIT = Pattern.compile("exceed.* limit");

  /** What disrupted a pod; empty when nothing did. */
  static Optional<Disruption> of(Pod pod) {
    return pod.getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals("DisruptionTarget"))
        .filter(condition -> condition.getStatus().equals("True"))
        .map(Disruption::said)
        .findFirst()
        .or(() -> withoutCondition(pod));
  }

  private static Disruption said(PodCondition condition) {
    var message = ClusterText.of(condition.getMessage());
    return new Disruption(
        message.isEmpty() ? ClusterText.of(condition.getReason()) : message,
        Optional.ofNullable(condition.getLastTransitionTime()).map(Instant::parse));
  }

  private static Optional<Disruption> withoutCondition(Pod pod) {
    var reason = ClusterText.of(pod.getStatus().getReason());
    var message = ClusterText.of(pod.getStatus().getMessage());
    return REASONS.contains(reason) && !OWN_LIMIT.matcher(message).find()
        ? Optional.of(new Disruption(message.isEmpty() ? reason : message, Optional.empty()))
        : Optional.empty();
  }
}
