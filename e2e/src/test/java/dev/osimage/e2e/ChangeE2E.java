package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class ChangeE2E {

  @Test
  void aSpecChangedWhileItIsBuiltCancelsTheBuildAndOnlyTheNewOneIsPublished() throws Exception {
    try (var workspace = Workspace.open("changed");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      var hold = sources.hold("old");
      var old = sources.publish("old", TestFiles.random(1_000_000, 7));
      var newer = sources.publish("new", TestFiles.random(1_000_000, 8));
      workspace.apply(yaml(workspace, registry, old, "first", false));
      hold.awaitReached();
      var oldPod = workspace.awaitRunningPod().getMetadata().getName();

      workspace.apply(yaml(workspace, registry, newer, "second", false));
      var status = workspace.awaitReady("changing").getStatus();

      assertThat(workspace.pods())
          .as("the old builder is gone")
          .noneMatch(pod -> pod.getMetadata().getName().equals(oldPod));
      assertThat(Objects.requireNonNull(status.artifact()).tags()).containsExactly("second");
      assertThat(registry.requests()).noneMatch(request -> request.endsWith("/manifests/first"));
    }
  }

  @Test
  void goingBackToAnEarlierSpecPublishesItAgain() throws Exception {
    try (var workspace = Workspace.open("back");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      var first = sources.publish("first", TestFiles.random(1_000, 9));
      var second = sources.publish("second", TestFiles.random(1_000, 10));
      workspace.apply(yaml(workspace, registry, first, "moving", false));
      var one = Objects.requireNonNull(workspace.awaitReady("changing").getStatus().artifact());
      workspace.apply(yaml(workspace, registry, second, "moving", false));
      workspace.awaitReady("changing");

      workspace.apply(yaml(workspace, registry, first, "moving", false));
      var again = Objects.requireNonNull(workspace.awaitReady("changing").getStatus().artifact());

      assertThat(again.digest()).isEqualTo(one.digest());
      var tagged =
          Skopeo.digest("%s/%s/changing:moving".formatted(registry.host(), workspace.namespace));
      assertThat(tagged).isEqualTo(one.digest());
    }
  }

  @Test
  void suspendCancelsTheBuildAndResumeFinishesIt() throws Exception {
    try (var workspace = Workspace.open("suspend");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      var hold = sources.hold("file");
      var file = sources.publish("file", TestFiles.random(1_000_000, 11));
      workspace.apply(yaml(workspace, registry, file, "tag", false));
      hold.awaitReached();

      workspace.apply(yaml(workspace, registry, file, "tag", true));
      workspace.await(
          "changing",
          "suspended",
          image ->
              Workspace.condition(image, "Ready")
                  .filter(ready -> ready.reason().equals("Suspended"))
                  .filter(ready -> ready.status().equals("Unknown"))
                  .isPresent());
      workspace.until("the builder is gone", () -> workspace.pods().isEmpty());
      assertThat(registry.requests()).noneMatch(request -> request.contains("/manifests/"));

      hold.release();
      workspace.apply(yaml(workspace, registry, file, "tag", false));
      workspace.awaitReady("changing");
      workspace.apply(yaml(workspace, registry, file, "tag", true));
      workspace.await(
          "changing",
          "Ready although suspended",
          image ->
              Objects.equals(image.getStatus().observedGeneration(), 4L)
                  && Workspace.condition(image, "Ready").orElseThrow().status().equals("True"));
    }
  }

  @Test
  void aBuildThatTakesLongerThanItsTimeoutEndsAndSaysSo() throws Exception {
    try (var workspace = Workspace.open("timeout");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      sources.hold("slow");
      var slow = sources.publish("slow", TestFiles.random(1_000_000, 12));
      workspace.apply(
          yaml(workspace, registry, slow, "never", false)
              .replace("architecture:", "timeout: 3s\n  architecture:"));
      workspace.await(
          "changing",
          "timed out",
          image ->
              Workspace.condition(image, "Ready")
                  .filter(ready -> ready.reason().equals("BuildTimeout"))
                  .filter(ready -> ready.message().contains("3 s"))
                  .isPresent());
    }
  }

  private static String yaml(
      Workspace workspace, RegistryRecorder registry, String rootfs, String tag, boolean suspend) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: changing}
    spec:
      architecture: amd64
      suspend: %s
      files:
        rootfs: %s
      destination: {repository: "%s/%s/changing", tags: [%s], plainHTTP: true}
    """
        .formatted(suspend, rootfs, registry.host(), workspace.namespace, tag);
  }
}
