package dev.osimage.operator.osimage;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.Optional;

/** The builder among a pod's containers: webhooks may have added others. */
final class BuilderContainer {

  private BuilderContainer() {}

  /** What the builder does; empty before a node has taken the pod. */
  static Optional<ContainerState> state(Pod pod) {
    return pod.getStatus().getContainerStatuses().stream()
        .filter(status -> status.getName().equals(JobPod.CONTAINER))
        .findFirst()
        .map(ContainerStatus::getState);
  }

  /** How the builder ended; empty when it did not. */
  static Optional<ContainerStateTerminated> terminated(Pod pod) {
    return state(pod).map(ContainerState::getTerminated);
  }

  /** The most memory that the builder may have, whoever set it. */
  static Optional<Quantity> memoryLimit(Pod pod) {
    return Optional.ofNullable(pod.getSpec()).stream()
        .flatMap(spec -> spec.getContainers().stream())
        .filter(container -> container.getName().equals(JobPod.CONTAINER))
        .findFirst()
        .map(Container::getResources)
        .map(ResourceRequirements::getLimits)
        .map(limits -> limits.get("memory"));
  }
}
