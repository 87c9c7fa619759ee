package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A builder that the cluster does not let run: the status says why, and it is mended by itself. */
class WaitingE2E {

  @Test
  void aQuotaWithoutRoomIsSaidAndOnceItIsRaisedTheImageIsPublished() {
    try (var workspace = Workspace.open("quota")) {
      workspace.apply(quota(0));
      workspace.apply(yaml(workspace, "10s"));

      assertThat(awaitWaiting(workspace, "QuotaExceeded").message())
          .contains("exceeded quota: few-pods", "limited: pods=0", "raise the quota");
      var givenUp =
          workspace.await("waiting", "given up", image -> isReady(image, "False", "QuotaExceeded"));
      assertThat(Workspace.condition(givenUp, "Reconciling")).isPresent();
      assertThat(Workspace.condition(givenUp, "Stalled")).isEmpty();

      workspace.apply(quota(2));
      workspace.awaitReady("waiting");
    }
  }

  @Test
  void aLimitRangeThatForbidsTheBuilderStallsInTheApiServersWordsAndGoesOnWithoutIt() {
    try (var workspace = Workspace.open("limit-range")) {
      workspace.apply(
          """
          apiVersion: v1
          kind: LimitRange
          metadata: {name: small}
          spec:
            limits:
              - type: Container
                max: {memory: 32Mi}
          """);
      workspace.apply(yaml(workspace, "15m"));

      var stalled = workspace.awaitStalled("waiting");

      assertThat(stalled.reason()).isEqualTo("PodRefused");
      assertThat(stalled.message())
          .contains("maximum memory usage per Container is 32Mi", "builder.resources");
      workspace.kubectl.run("delete", "limitrange", "small");
      workspace.awaitReady("waiting");
    }
  }

  @Test
  void aPodThatNoNodeTakesSaysWhatIsWantingAndRunsOnceThereIsRoom() {
    try (var workspace = Workspace.open("unschedulable");
        var room = new Room(workspace)) {
      workspace.apply(yaml(workspace, "15m"));

      assertThat(awaitWaiting(workspace, "Unschedulable").message())
          .contains("nodes are available", room.resource());
      room.open();

      assertThat(attempts(workspace.awaitReady("waiting"))).isEqualTo(1);
    }
  }

  @Test
  void anImageThatCanNotBePulledStallsAfterItsTimeAndGoesOnOnceItCan() {
    try (var workspace = Workspace.open("image-pull");
        var room = new Room(workspace)) {
      workspace.apply(yaml(workspace, "20s"));
      var pod = room.awaitWaitingPod().getMetadata().getName();
      var absent = workspace.repository("absent") + ":none";
      workspace.kubectl.run("set", "image", "pod/" + pod, "builder=" + absent);
      room.open();

      assertThat(awaitWaiting(workspace, "ImagePullFailed").message())
          .contains(absent, "imagePullSecrets");
      assertThat(workspace.awaitStalled("waiting").reason()).isEqualTo("ImagePullFailed");
      workspace.awaitReady("waiting");
    }
  }

  @Test
  void aBuilderWithoutEnoughMemorySaysItsLimitAndWhatToSet() {
    try (var workspace = Workspace.open("memory");
        var room = new Room(workspace)) {
      workspace.apply(yaml(workspace, "15m"));
      var pod = room.awaitWaitingPod().getMetadata().getName();
      workspace.kubectl.run(
          "patch",
          "pod",
          pod,
          "--subresource=resize",
          "--patch",
          """
          {"spec": {"containers": [{"name": "builder", "resources": {
            "requests": {"memory": "24Mi"}, "limits": {"memory": "24Mi"}}}]}}
          """);
      room.open();

      var stalled = workspace.awaitStalled("waiting");

      assertThat(stalled.reason()).isEqualTo("BuilderOutOfMemory");
      assertThat(stalled.message())
          .contains("limit of 24Mi", "builder.resources.limits.memory", "48Mi");
      workspace.awaitReady("waiting");
    }
  }

  private static Condition awaitWaiting(Workspace workspace, String reason) {
    var image =
        workspace.await(
            "waiting", "waiting: " + reason, found -> isReady(found, "Unknown", reason));
    assertThat(Workspace.condition(image, "Stalled")).isEmpty();
    return Workspace.condition(image, "Reconciling").orElseThrow();
  }

  private static boolean isReady(OsImage image, String status, String reason) {
    return Workspace.condition(image, "Ready")
        .filter(ready -> ready.status().equals(status))
        .filter(ready -> ready.reason().equals(reason))
        .isPresent();
  }

  private static int attempts(OsImage image) {
    return Objects.requireNonNull(image.getStatus().build()).attempt();
  }

  private static String quota(int pods) {
    return """
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: few-pods}
    spec: {hard: {pods: "%d"}}
    """
        .formatted(pods);
  }

  private static String yaml(Workspace workspace, String pendingTimeout) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: waiting}
    spec:
      architecture: amd64
      pendingTimeout: %s
      files:
        rootfs: {inline: "a root file system"}
      destination: {repository: "%s", plainHTTP: true}
    """
        .formatted(pendingTimeout, workspace.repository("waiting"));
  }
}
