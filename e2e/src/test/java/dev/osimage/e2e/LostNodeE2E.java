package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A builder whose node is lost. Behind that node there is no kubelet from the beginning. */
// Early, because it mostly waits: a minute for the cluster to miss the node, another to give it up.
@Order(3)
class LostNodeE2E {

  /** Until the cluster has missed a node, and until it has cleared away the pods of one. */
  private static final Duration SLOW = Duration.ofMinutes(5);

  @Test
  void nothingStartsWhileThePodOfALostNodeMayStillRunAndThenTheImageIsBuilt() {
    try (var workspace = Workspace.open("lost-node");
        var room = new Room(workspace);
        var node = new Node(workspace, room)) {
      workspace.apply(yaml(workspace));
      var pod = room.awaitWaitingPod().getMetadata();
      node.take(pod.getName());
      room.open();

      workspace.until(
          "the loss is said",
          SLOW,
          () ->
              Workspace.condition(workspace.get("lost"), Condition.RECONCILING)
                  .filter(condition -> condition.reason().equals("PodDisrupted"))
                  .filter(condition -> condition.message().contains("NoExecute"))
                  .isPresent());
      workspace.await("lost", "long due again", LostNodeE2E::isLongDue);

      var failed = workspace.get("lost").getStatus();
      var failure = Objects.requireNonNull(Objects.requireNonNull(failed.build()).failure());
      assertThat(failure.reason()).isEqualTo("PodDisrupted");
      assertThat(workspace.jobs()).as("attempts").hasSize(1);
      assertThat(workspace.pods())
          .singleElement()
          .satisfies(
              left -> assertThat(left.getMetadata().getUid()).isEqualTo(pod.getUid()),
              left -> assertThat(left.getStatus().getPhase()).isEqualTo("Running"),
              left -> assertThat(left.getMetadata().getDeletionTimestamp()).isNotNull());

      node.remove();
      workspace.until(
          "the image is built elsewhere",
          SLOW,
          () ->
              Workspace.condition(workspace.get("lost"), Condition.READY)
                  .filter(ready -> ready.status().equals("True"))
                  .isPresent());
      assertThat(Objects.requireNonNull(workspace.get("lost").getStatus().build()).attempt())
          .isEqualTo(2);
    }
  }

  /** Its pause ended so long ago that the next attempt would be there. */
  private static boolean isLongDue(OsImage image) {
    var next = image.getStatus().nextRetryTime();
    return next != null && Instant.parse(next).plusSeconds(10).isBefore(Instant.now());
  }

  /** A node that only pods of one proof take, and that nobody hears of. */
  private record Node(Workspace workspace, String name) implements AutoCloseable {

    Node(Workspace workspace, Room room) {
      this(workspace, workspace.namespace);
      workspace.apply(
          """
          apiVersion: v1
          kind: Node
          metadata: {name: %1$s}
          spec:
            taints: [{key: osimage.dev/lost, value: %1$s, effect: NoSchedule}]
          """
              .formatted(name));
      patch("node/" + name, "status", status(room.resource()));
    }

    private static String status(String resource) {
      var amounts = "{cpu: 2, memory: 4Gi, pods: 5, %s: 1}".formatted(resource);
      return """
      status:
        capacity: %1$s
        allocatable: %1$s
        conditions:
          - {type: Ready, status: "True", reason: KubeletReady, lastHeartbeatTime: "%2$s", lastTransitionTime: "%2$s"}
      """
          .formatted(amounts, Instant.now());
    }

    /** Takes a pod that waits, and starts it. */
    void take(String pod) {
      patch(
          "pod/" + pod,
          "",
          """
          spec:
            tolerations:
              - {key: osimage.dev/lost, operator: Exists}
              - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 1}
              - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 1}
          """);
      workspace.until("the pod has a node", () -> name.equals(node(pod)));
      patch(
          "pod/" + pod,
          "status",
          """
          status:
            phase: Running
            containerStatuses:
              - name: builder
                image: builder
                imageID: ""
                ready: true
                restartCount: 0
                started: true
                state: {running: {startedAt: "%s"}}
          """
              .formatted(Instant.now()));
    }

    private String node(String pod) {
      return workspace.kubectl.run("get", "pod", pod, "-o", "jsonpath={.spec.nodeName}");
    }

    private void patch(String object, String subresource, String patch) {
      workspace.kubectl.run(
          "patch", object, "--subresource=" + subresource, "--type=merge", "--patch", patch);
    }

    void remove() {
      workspace.kubectl.run("delete", "node", name, "--wait=false", "--ignore-not-found");
    }

    @Override
    public void close() {
      remove();
    }
  }

  private static String yaml(Workspace workspace) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: lost}
    spec:
      architecture: amd64
      pendingTimeout: 1m
      files:
        rootfs: {inline: "a root file system"}
      destination: {repository: "%s", plainHTTP: true}
    """
        .formatted(workspace.repository("lost"));
  }
}
