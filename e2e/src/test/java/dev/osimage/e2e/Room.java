package dev.osimage.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.NoSuchElementException;

/**
 * The say over when the pods of a proof's namespace find a node: each asks for a resource that no
 * node has before {@link #open}. Other namespaces do not notice.
 */
final class Room implements AutoCloseable {

  private final Workspace workspace;
  private final String node;
  private boolean open;

  /** From now on no new pod of the namespace finds a node. */
  Room(Workspace workspace) {
    this.workspace = workspace;
    this.node =
        workspace.client.nodes().list().getItems().stream()
            .filter(found -> found.getSpec().getTaints().isEmpty())
            .findFirst()
            .orElseThrow(() -> new NoSuchElementException("no node takes all pods"))
            .getMetadata()
            .getName();
    workspace.apply(
        """
        apiVersion: v1
        kind: LimitRange
        metadata: {name: room}
        spec:
          limits:
            - type: Container
              default: {%1$s: "1"}
              defaultRequest: {%1$s: "1"}
        """
            .formatted(resource()));
  }

  /** The resource that every pod asks for one of. */
  String resource() {
    return "osimage.dev/" + workspace.namespace;
  }

  /** The builder pod that waits for a node. */
  Pod awaitWaitingPod() {
    workspace.until(
        "a pod waits for a node",
        () ->
            workspace.pods().stream().anyMatch(pod -> !pod.getStatus().getConditions().isEmpty()));
    return workspace.pods().getFirst();
  }

  /** Gives room to one pod at a time. */
  void open() {
    open = true;
    patch("{\"op\": \"add\", \"path\": \"/status/%s/%s\", \"value\": \"1\"}");
  }

  private void patch(String operation) {
    var key = resource().replace("/", "~1");
    workspace.kubectl.run(
        "patch",
        "node",
        node,
        "--subresource=status",
        "--type=json",
        "--patch",
        "[%s, %s]"
            .formatted(
                operation.formatted("capacity", key), operation.formatted("allocatable", key)));
  }

  @Override
  public void close() {
    if (open) {
      patch("{\"op\": \"remove\", \"path\": \"/status/%s/%s\"}");
    }
  }
}
