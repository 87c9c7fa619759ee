package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Artifact;
import dev.osimage.api.Check;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What becomes of published artifacts in a registry to which others have access, too. */
class DriftE2E {

  @Test
  void aBlobThatTheRegistryLostIsMissedAndPublishedAgain() throws Exception {
    try (var workspace = Workspace.open("lost-blob");
        var sources = new SourceServer(workspace.cluster)) {
      workspace.apply(yaml(workspace.repository("drift"), sources, "{interval: 24h}"));
      var published = workspace.awaitReady("drift");
      var registry = new RegistryApi(workspace.repository("drift"));
      var part = Objects.requireNonNull(published.getStatus().parts(), "parts").getFirst().digest();

      registry.deleteBlob(part);
      look(workspace, "1");
      var again =
          workspace.await(
              "drift",
              "published again",
              image ->
                  isReady(image)
                      && !artifact(image).builtAt().equals(artifact(published).builtAt()));

      assertThat(registry.hasBlob(part)).isTrue();
      assertThat(artifact(again).digest()).isEqualTo(artifact(published).digest());
      assertThat(again.getStatus().effectiveLosses()).hasSize(1);
      assertThat(workspace.kubectl.run("events", "--for", "osimage/drift"))
          .contains("ArtifactLost", part);
    }
  }

  @Test
  void aLostManifestIsOnlyReportedWhereThatIsWantedAndBuiltAgainWhenSomebodyAsks()
      throws Exception {
    try (var workspace = Workspace.open("lost-manifest");
        var sources = new SourceServer(workspace.cluster)) {
      workspace.apply(
          yaml(workspace.repository("drift"), sources, "{interval: 24h, onLost: Report}"));
      var published = workspace.awaitReady("drift");
      var registry = new RegistryApi(workspace.repository("drift"));

      registry.deleteManifest(artifact(published).digest());
      look(workspace, "1");
      var stalled = workspace.awaitStalled("drift");

      assertThat(stalled.reason()).isEqualTo("ArtifactLost");
      assertThat(stalled.message()).contains("the manifest of", artifact(published).digest());
      assertThat(workspace.get("drift").getStatus().artifact()).isEqualTo(artifact(published));
      workspace.until("only the build's Job is left", () -> workspace.jobs().size() == 1);

      workspace.kubectl.run("annotate", "osimage", "drift", "rebuild.osimage.dev/requestedAt=now");
      workspace.awaitReady("drift");
      assertThat(registry.hasManifest("moving")).isTrue();
    }
  }

  @Test
  void aTagThatAnotherMovedIsSaidAndNotSetBackUntilSomebodyAsks() throws Exception {
    try (var workspace = Workspace.open("moved-tag");
        var sources = new SourceServer(workspace.cluster)) {
      var repository = workspace.repository("drift");
      workspace.apply(yaml(repository, sources, "{interval: 24h}"));
      var mine = artifact(workspace.awaitReady("drift")).digest();
      workspace.apply(
          yaml(repository, sources, "{interval: 24h}")
              .replace("name: drift", "name: other")
              .replace("moving", "other")
              .replace("commandLine: ro", "commandLine: rw"));
      var other = artifact(workspace.awaitReady("other")).digest();
      Command.of(
              "skopeo",
              "copy",
              "--src-tls-verify=false",
              "--dest-tls-verify=false",
              "docker://" + repository + ":other",
              "docker://" + repository + ":moving")
          .run();

      look(workspace, "1");
      var image =
          workspace.await(
              "drift",
              "said to have lost its tag",
              found -> Workspace.condition(found, Condition.TAG_MOVED).isPresent());

      assertThat(Workspace.condition(image, Condition.TAG_MOVED).orElseThrow().message())
          .contains("moving", other, mine);
      assertThat(isReady(image)).isTrue();
      assertThat(Skopeo.digest(repository + ":moving")).isEqualTo(other);

      workspace.kubectl.run("annotate", "osimage", "drift", "rebuild.osimage.dev/requestedAt=now");
      workspace.await(
          "drift",
          "itself again",
          found -> isReady(found) && Workspace.condition(found, Condition.TAG_MOVED).isEmpty());
      assertThat(Skopeo.digest(repository + ":moving")).isEqualTo(mine);
    }
  }

  @Test
  void aLookWritesNothingReadsNoPartAndLeavesNoJob() throws Exception {
    try (var workspace = Workspace.open("look");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      workspace.apply(
          yaml(registry.host() + "/" + workspace.namespace + "/drift", sources, "{interval: 24h}"));
      workspace.awaitReady("drift");
      int before = registry.requests().size();

      look(workspace, "1");
      var check =
          Objects.requireNonNull(
              workspace
                  .await("drift", "looked at", image -> image.getStatus().check() != null)
                  .getStatus()
                  .check());

      assertThat(check).extracting(Check::reason, Check::message).containsExactly("Succeeded", "");
      assertThat(registry.requests().subList(before, registry.requests().size()))
          .isNotEmpty()
          .allMatch(request ->
              request.startsWith("HEAD ") || request.matches("GET /v2/(.*/manifests/.*)?"));
      workspace.until("its Job is gone", () -> workspace.jobs().size() == 1);
      assertThat(workspace.get("drift").getStatus().lastHandledReconcileAt()).isEqualTo("1");
    }
  }

  @Test
  void anotherClusterAdoptsWhatIsThereWithoutReadingOrSendingAPart() throws Exception {
    try (var first = Workspace.open("first-cluster");
        var second = Workspace.open("second-cluster");
        var sources = new SourceServer(first.cluster);
        var registry = new RegistryRecorder(first.cluster)) {
      var yaml =
          yaml(registry.host() + "/" + first.namespace + "/drift", sources, "{interval: 24h}");
      first.apply(yaml);
      var published = artifact(first.awaitReady("drift"));
      first.kubectl.run("delete", "osimage", "drift");
      int read = sources.requests();
      int before = registry.requests().size();

      second.apply(yaml);
      var adopted = artifact(second.awaitReady("drift"));

      assertThat(adopted.reference()).isEqualTo(published.reference());
      assertThat(sources.requests()).isEqualTo(read);
      assertThat(registry.requests().subList(before, registry.requests().size()))
          .noneMatch(request -> request.startsWith("POST") || request.startsWith("PATCH"));
    }
  }

  private static void look(Workspace workspace, String value) {
    workspace.kubectl.run(
        "annotate", "osimage", "drift", "reconcile.osimage.dev/requestedAt=" + value);
  }

  private static boolean isReady(OsImage image) {
    return Workspace.condition(image, Condition.READY).orElseThrow().status().equals("True");
  }

  private static Artifact artifact(OsImage image) {
    return Objects.requireNonNull(image.getStatus().artifact(), "artifact");
  }

  private static String yaml(String repository, SourceServer sources, String drift) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: drift}
    spec:
      architecture: amd64
      commandLine: ro
      files:
        rootfs: %s
      destination: {repository: "%s", tags: [moving], plainHTTP: true}
      drift: %s
    """
        .formatted(sources.publish("rootfs", TestFiles.random(300_000, 71)), repository, drift);
  }
}
