package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A builder that is taken away in the middle of its build. */
class DisruptionE2E {

  @Test
  void anEvictedBuilderIsSaidAndTheSameAttemptGoesOnInAnotherPod() throws IOException {
    try (var workspace = Workspace.open("evicted");
        var sources = new SourceServer(workspace.cluster)) {
      var hold = sources.hold("rootfs");
      // The cluster forgets why a pod was ended as soon as it is gone.
      workspace.whileAnOperatorWorks(() -> {
        workspace.apply(yaml(workspace, sources));
        hold.awaitReached();
        var pod = workspace.awaitRunningPod();
        assertThat(workspace.client.pods().resource(pod).evict()).isTrue();
        awaitEvent(workspace, "Eviction API: evicting");
      });
      hold.release();

      assertPublishedByTheFirstAttempt(workspace);
    }
  }

  @Test
  void aPreemptedBuilderIsSaidAndTheSameAttemptGoesOnWhenThereIsRoomAgain() throws IOException {
    try (var workspace = Workspace.open("preempted");
        var room = new Room(workspace);
        var sources = new SourceServer(workspace.cluster);
        var priority = new Priority(workspace)) {
      var hold = sources.hold("rootfs");
      room.open();
      workspace.whileAnOperatorWorks(() -> {
        workspace.apply(yaml(workspace, sources));
        hold.awaitReached();
        priority.runPod();
        awaitEvent(workspace, "preempting");
      });
      hold.release();

      assertPublishedByTheFirstAttempt(workspace);
    }
  }

  @Test
  void aBuilderPodThatSomebodyDeletesByForceIsFollowedByAnotherAttempt() throws IOException {
    try (var workspace = Workspace.open("deleted-pod");
        var sources = new SourceServer(workspace.cluster)) {
      var hold = sources.hold("rootfs");
      workspace.apply(yaml(workspace, sources));
      hold.awaitReached();
      var pod = workspace.awaitRunningPod().getMetadata().getName();

      workspace.kubectl.run("delete", "pod", pod, "--force", "--grace-period=0", "--wait=false");
      var image =
          workspace.await(
              "disrupted",
              "at its second attempt",
              found -> Objects.requireNonNull(found.getStatus().build()).attempt() == 2);
      var failure =
          Objects.requireNonNull(
              Objects.requireNonNull(image.getStatus().build()).failure(), "failure");
      hold.release();

      assertThat(failure.attempt()).isEqualTo(1);
      assertThat(failure.retriable()).isTrue();
      workspace.awaitReady("disrupted");
    }
  }

  private static void awaitEvent(Workspace workspace, String words) {
    workspace.until(
        "an event tells it",
        () ->
            workspace
                .kubectl
                .run("events", "--for", "osimage/disrupted")
                .lines()
                .anyMatch(line -> line.contains("PodDisrupted") && line.contains(words)));
  }

  private static void assertPublishedByTheFirstAttempt(Workspace workspace) {
    var status = workspace.awaitReady("disrupted").getStatus();
    assertThat(Objects.requireNonNull(status.build()).attempt()).isEqualTo(1);
    assertThat(workspace.jobs()).hasSize(1);
    assertThat(Skopeo.digest(workspace.repository("disrupted") + ":whole"))
        .isEqualTo(Objects.requireNonNull(status.artifact()).digest());
  }

  /** A pod that is more important than a builder, and soon over. */
  private record Priority(Workspace workspace) implements AutoCloseable {

    private Priority {
      workspace.apply(
          """
          apiVersion: scheduling.k8s.io/v1
          kind: PriorityClass
          metadata: {name: %s}
          value: 1000
          """
              .formatted(workspace.namespace));
    }

    void runPod() {
      workspace.apply(
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: important}
          spec:
            priorityClassName: %s
            restartPolicy: Never
            automountServiceAccountToken: false
            securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
            containers:
              - name: java
                image: "%s"
                args: ["-version"]
                securityContext:
                  allowPrivilegeEscalation: false
                  capabilities: {drop: [ALL]}
          """
              .formatted(workspace.namespace, workspace.lab.image));
    }

    @Override
    public void close() {
      workspace.kubectl.run("delete", "priorityclass", workspace.namespace, "--wait=false");
    }
  }

  private static String yaml(Workspace workspace, SourceServer sources) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: disrupted}
    spec:
      architecture: amd64
      files:
        rootfs: %s
      destination: {repository: "%s", tags: [whole], plainHTTP: true}
    """
        .formatted(
            sources.publish("rootfs", TestFiles.random(8_000_000, 31)),
            workspace.repository("disrupted"));
  }
}
