package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImageStatus;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class NothingTwiceE2E {

  @Test
  void applyingAgainRestartingTheOperatorAndWipingTheStatusSendNothingToTheRegistry()
      throws Exception {
    try (var workspace = Workspace.open("nothing-twice");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      var yaml =
          """
          apiVersion: osimage.dev/v1alpha1
          kind: OsImage
          metadata: {name: once}
          spec:
            architecture: amd64
            files:
              kernel: %s
            destination: {repository: "%s/%s/once", tags: [once], plainHTTP: true}
          """
              .formatted(
                  sources.publish("kernel", TestFiles.kernel(300_000, 1)),
                  registry.host(),
                  workspace.namespace);
      workspace.apply(yaml);
      var built = workspace.awaitServed("once").getStatus();
      var sent = registry.requests();
      assertThat(sent).anyMatch(request -> request.startsWith("PATCH"));

      workspace.apply(yaml);
      workspace.killOperator();
      assertThat(workspace.awaitServed("once").getStatus()).isEqualTo(built);

      wipeStatus(workspace, "once");
      assertThat(withoutTimes(workspace.awaitServed("once").getStatus()))
          .isEqualTo(withoutTimes(built));
      assertThat(registry.requests()).isEqualTo(sent);
      assertThat(workspace.jobs()).hasSize(1);
    }
  }

  @Test
  void whatDoesNotChangeThePublicationIsNotPublishedAgain() throws Exception {
    try (var workspace = Workspace.open("same-publication");
        var registry = new RegistryRecorder(workspace.cluster)) {
      var yaml =
          """
          apiVersion: osimage.dev/v1alpha1
          kind: OsImage
          metadata: {name: same}
          spec:
            architecture: amd64
            timeout: %s
            files:
              rootfs: {inline: "a root file system"}
            destination: {repository: "%s/%s/same", plainHTTP: true}
          """;
      workspace.apply(yaml.formatted("10m", registry.host(), workspace.namespace));
      var built = workspace.awaitReady("same").getStatus();
      var sent = registry.requests();

      workspace.apply(yaml.formatted("20m", registry.host(), workspace.namespace));
      var after =
          workspace
              .await(
                  "same",
                  "observed in its second generation",
                  image -> Objects.equals(image.getStatus().observedGeneration(), 2L))
              .getStatus();

      assertThat(after.artifact()).isEqualTo(built.artifact());
      assertThat(Workspace.condition(workspace.get("same"), "Ready").orElseThrow().status())
          .isEqualTo("True");
      assertThat(registry.requests()).isEqualTo(sent);
    }
  }

  @Test
  void aStatusThatIsLostWithAllJobsIsFoundAgainAndNoPartIsSent() throws Exception {
    try (var workspace = Workspace.open("all-lost");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      workspace.apply(
          """
          apiVersion: osimage.dev/v1alpha1
          kind: OsImage
          metadata: {name: lost}
          spec:
            architecture: amd64
            files:
              kernel: %s
            destination: {repository: "%s/%s/lost", tags: [lost], plainHTTP: true}
          """
              .formatted(
                  sources.publish("kernel", TestFiles.kernel(300_000, 7)),
                  registry.host(),
                  workspace.namespace));
      var built = workspace.awaitServed("lost").getStatus();
      int read = sources.requests();
      int sent = registry.requests().size();

      workspace.kubectl.run("delete", "jobs", "--all");
      workspace.until("no pod is left", () -> workspace.pods().isEmpty());
      assertThat(workspace.get("lost").getStatus()).as("without Jobs alone").isEqualTo(built);
      wipeStatus(workspace, "lost");
      var found = workspace.awaitServed("lost").getStatus();

      assertThat(found.parts()).isEqualTo(built.parts());
      assertThat(found.boot()).isEqualTo(built.boot());
      var artifact = Objects.requireNonNull(built.artifact());
      assertThat(Objects.requireNonNull(found.artifact()).reference())
          .isEqualTo(artifact.reference());
      assertThat(sources.requests()).isEqualTo(read);
      assertThat(registry.requests().subList(sent, registry.requests().size()))
          .isNotEmpty()
          .allMatch(request ->
              request.startsWith("HEAD ")
                  || request.startsWith("GET ")
                  || request.matches("PUT /v2/.*/manifests/.*"));
      assertThat(Skopeo.digest(workspace.repository("lost") + ":lost"))
          .isEqualTo(artifact.digest());
    }
  }

  private static void wipeStatus(Workspace workspace, String name) {
    var wiped = workspace.get(name);
    wiped.setStatus(null);
    wiped.getMetadata().setManagedFields(null);
    var json = workspace.client.getKubernetesSerialization().asJson(wiped);
    workspace.kubectl.command("replace", "--subresource", "status", "-f", "-").reading(json).run();
  }

  private static OsImageStatus withoutTimes(OsImageStatus status) {
    var conditions =
        status.effectiveConditions().stream()
            .map(c ->
                new dev.osimage.api.Condition(
                    c.type(), c.status(), c.observedGeneration(), "", c.reason(), c.message()))
            .toList();
    return new OsImageStatus(
        status.observedGeneration(),
        conditions,
        status.artifact(),
        status.parts(),
        status.boot(),
        status.build(),
        status.nextRetryTime(),
        status.history(),
        status.lastHandledReconcileAt(),
        status.lastHandledRebuildAt(),
        status.check(),
        status.failedCheck(),
        status.losses(),
        status.retired());
  }
}
