package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class CrashE2E {

  @Test
  void anOperatorKilledWhileTheBuilderRunsLeavesOneArtifactAndReady() throws Exception {
    try (var workspace = Workspace.open("operator-killed");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      var hold = sources.hold("rootfs");
      workspace.apply(yaml(workspace, sources, registry));
      hold.awaitReached();

      workspace.killOperator();
      hold.release();
      var status = workspace.awaitReady("crash").getStatus();

      assertThat(workspace.jobs()).hasSize(1);
      assertThat(Objects.requireNonNull(status.build()).attempt()).isEqualTo(1);
      assertThat(registry.requests())
          .filteredOn(request -> request.startsWith("PATCH"))
          .as("uploads: kernel, rootfs, config")
          .hasSize(3);
    }
  }

  @Test
  void aPlanThatIsMissingIsMadeAgainByTheNextOperatorAndTheSameAttemptGoesOn() throws Exception {
    try (var workspace = Workspace.open("plan-missing");
        var room = new Room(workspace);
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      workspace.apply(yaml(workspace, sources, registry));
      var pod = room.awaitWaitingPod().getMetadata();
      var job = workspace.jobs().getFirst().getMetadata().getName();
      var plan = workspace.client.configMaps().inNamespace(workspace.namespace).withName(job);
      workspace.until("there is a plan", () -> plan.get() != null);
      var before = plan.get().getData();

      workspace.kubectl.run("delete", "configmap", job);
      workspace.killOperator();
      assertThat(plan.get()).as("while the pod has no node").isNull();
      room.open();
      var status = workspace.awaitReady("crash").getStatus();

      assertThat(plan.get().getData()).isEqualTo(before);
      assertThat(Objects.requireNonNull(status.build()).attempt()).isEqualTo(1);
      assertThat(workspace.pods())
          .singleElement()
          .extracting(found -> found.getMetadata().getUid())
          .isEqualTo(pod.getUid());
    }
  }

  @Test
  void aBuilderKilledInTheMiddleOfAnUploadIsTriedAgainAndNothingIsTaggedBefore() throws Exception {
    try (var workspace = Workspace.open("builder-killed");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      var hold = sources.hold("rootfs");
      workspace.apply(yaml(workspace, sources, registry));
      hold.awaitReached();
      workspace.until(
          "the kernel is committed",
          () -> registry.requests().stream().filter(r -> r.startsWith("PUT")).count() == 2);

      workspace.cluster.kill(workspace.awaitRunningPod().getMetadata().getUid());
      workspace.until(
          "an event tells it",
          () -> workspace.kubectl.run("events", "--for", "osimage/crash").contains("BuilderLost"));
      assertThat(registry.requests()).noneMatch(request -> request.contains("/manifests/"));
      hold.release();
      var status = workspace.awaitReady("crash").getStatus();

      assertThat(Objects.requireNonNull(status.build()).attempt()).isGreaterThan(1);
      assertThat(registry.requests())
          .filteredOn(request -> request.startsWith("PATCH"))
          .as("kernel and config are not sent again: kernel, config, rootfs twice")
          .hasSize(4);
    }
  }

  private static String yaml(Workspace workspace, SourceServer sources, RegistryRecorder registry) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: crash}
    spec:
      architecture: amd64
      files:
        kernel: %s
        rootfs: %s
      destination: {repository: "%s/%s/crash", tags: [whole], plainHTTP: true}
    """
        .formatted(
            sources.publish("kernel", TestFiles.kernel(200_000, 2)),
            sources.publish("rootfs", TestFiles.random(8_000_000, 3)),
            registry.host(),
            workspace.namespace);
  }
}
