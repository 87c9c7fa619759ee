package dev.osimage.operator.osimage;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;

/** Builder pods in every state, as the API server shows them, and the events about them. */
final class Pods {

  static final String CREATED = "2026-03-01T11:00:00Z";

  private Pods() {}

  static Pod pod(String phase, ContainerState state) {
    return new PodBuilder(withoutNode())
        .editStatus()
        .withPhase(phase)
        // What an administrator's webhook may add to every pod.
        .addNewContainerStatus()
        .withName("proxy")
        .withState(terminated(1, "Error", ""))
        .endContainerStatus()
        .addNewContainerStatus()
        .withName("builder")
        .withState(state)
        .endContainerStatus()
        .endStatus()
        .build();
  }

  /** A pod that no kubelet has said anything about. */
  static Pod withoutNode() {
    return new PodBuilder()
        .withNewMetadata()
        .withName("pod")
        .withCreationTimestamp(CREATED)
        .endMetadata()
        .withNewStatus()
        .withPhase("Pending")
        .endStatus()
        .build();
  }

  /** The same pod with one more condition, which is true. */
  static Pod with(Pod pod, String condition, String reason, String message, String since) {
    return new PodBuilder(pod)
        .editStatus()
        .addNewCondition()
        .withType(condition)
        .withStatus("True")
        .withReason(reason)
        .withMessage(message)
        .withLastTransitionTime(since)
        .endCondition()
        .endStatus()
        .build();
  }

  /** The same pod with reason and message of its own. */
  static Pod with(Pod pod, String reason, String message) {
    return new PodBuilder(pod)
        .editStatus()
        .withReason(reason)
        .withMessage(message)
        .endStatus()
        .build();
  }

  static ContainerState terminated(int exitCode, String reason, String message) {
    return new ContainerStateBuilder()
        .withNewTerminated()
        .withExitCode(exitCode)
        .withReason(reason)
        .withMessage(message)
        .endTerminated()
        .build();
  }

  static ContainerState runs() {
    return new ContainerStateBuilder().withNewRunning().endRunning().build();
  }

  static ContainerState waits(String reason, String message) {
    return new ContainerStateBuilder().withNewWaiting(message, reason).build();
  }

  static Event warning(String message) {
    return new EventBuilder().withType("Warning").withMessage(message).build();
  }

  static Event normal(String message) {
    return new EventBuilder().withType("Normal").withMessage(message).build();
  }
}
