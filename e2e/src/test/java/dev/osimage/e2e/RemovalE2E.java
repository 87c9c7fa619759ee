package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Artifact;
import dev.osimage.image.BuildPlan;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What is taken away from registries again, and what is not. */
class RemovalE2E {

  @Test
  void untagTakesTheTagsAndLeavesTheManifest() {
    try (var workspace = Workspace.open("untag")) {
      var repository = workspace.repository("removed");
      workspace.apply(yaml("removed", repository, "first", "deletionPolicy: Untag"));
      var artifact = published(workspace, "removed");
      var registry = new RegistryApi(repository);

      workspace.kubectl.run("delete", "osimage", "removed", "--timeout=2m");

      assertThat(registry.hasManifest("removed")).isFalse();
      assertThat(registry.hasManifest(contentTag(artifact))).isFalse();
      assertThat(registry.hasManifest(artifact.digest())).isTrue();
      workspace.until("no Job is left", () -> workspace.jobs().isEmpty());
    }
  }

  @Test
  void deleteTakesAllThatTheStatusNamesAndNothingThatAnotherObjectHasPublished() {
    try (var workspace = Workspace.open("delete")) {
      var repository = workspace.repository("removed");
      var registry = new RegistryApi(repository);
      workspace.apply(yaml("removed", repository, "first", "deletionPolicy: Delete"));
      var first = published(workspace, "removed");
      workspace.apply(yaml("other", repository, "first", ""));
      published(workspace, "other");
      workspace.apply(yaml("removed", repository, "second", "deletionPolicy: Delete"));
      var second = published(workspace, "removed");

      workspace.kubectl.run("delete", "osimage", "removed", "--timeout=2m");

      assertThat(registry.hasManifest(second.digest())).isFalse();
      assertThat(registry.hasManifest(first.digest())).isTrue();
      assertThat(registry.hasManifest("other")).isTrue();
      assertThat(registry.hasManifest(contentTag(first))).isTrue();
    }
  }

  @Test
  void aRegistryThatDoesNotDeleteIsSaidInAnEventAndTheObjectGoes() throws Exception {
    try (var workspace = Workspace.open("no-deletes");
        var registry = new RegistryRecorder(workspace.cluster)) {
      registry.refuseDeletes();
      var repository = registry.host() + "/" + workspace.namespace + "/removed";
      workspace.apply(yaml("removed", repository, "first", "deletionPolicy: Delete"));
      var artifact = published(workspace, "removed");

      workspace.kubectl.run("delete", "osimage", "removed", "--timeout=2m");

      assertThat(events(workspace)).contains("NotRemoved").contains("does not delete");
      assertThat(new RegistryApi(repository).hasManifest(artifact.digest())).isTrue();
    }
  }

  @Test
  void aRegistryThatIsGoneHoldsADeletionForABoundedTimeOnly() throws Exception {
    try (var workspace = Workspace.open("registry-gone");
        var registry = new RegistryRecorder(workspace.cluster)) {
      var repository = registry.host() + "/" + workspace.namespace + "/removed";
      workspace.apply(yaml("removed", repository, "first", "deletionPolicy: Untag"));
      published(workspace, "removed");
      registry.stop();

      workspace.kubectl.run("delete", "osimage", "removed", "--wait=false");
      workspace.await(
          "removed",
          "said to be deleted",
          image -> Workspace.condition(image, "Ready").orElseThrow().reason().equals("Deleting"));
      workspace.until("it is gone", () -> workspace.find("removed").isEmpty());

      assertThat(events(workspace)).contains("NotRemoved");
    }
  }

  @Test
  void aNamespaceGoesAlthoughNothingCanBeRemovedFromTheRegistryAnyMore() {
    try (var workspace = Workspace.open("namespace-goes")) {
      workspace.apply(
          yaml("removed", workspace.repository("removed"), "first", "deletionPolicy: Delete"));
      published(workspace, "removed");

      workspace.kubectl.run("delete", "namespace", workspace.namespace, "--wait=false");

      workspace.until(
          "the namespace is gone",
          () -> workspace.client.namespaces().withName(workspace.namespace).get() == null);
    }
  }

  @Test
  void contentTagsOfWhatIsNoLongerKeptAreRemoved() {
    try (var workspace = Workspace.open("retention")) {
      var repository = workspace.repository("removed");
      var registry = new RegistryApi(repository);
      workspace.apply(yaml("removed", repository, "first", "retention: {history: 1}"));
      var first = published(workspace, "removed");
      workspace.apply(yaml("removed", repository, "second", "retention: {history: 1}"));
      var second = published(workspace, "removed");
      assertThat(registry.hasManifest(contentTag(first))).isTrue();

      workspace.apply(yaml("removed", repository, "third", "retention: {history: 1}"));
      var third = published(workspace, "removed");

      workspace.until("the oldest is untagged", () -> !registry.hasManifest(contentTag(first)));
      workspace.until(
          "that is noted", () -> workspace.get("removed").getStatus().effectiveRetired().isEmpty());
      assertThat(registry.hasManifest(contentTag(second))).isTrue();
      assertThat(registry.hasManifest(contentTag(third))).isTrue();
      assertThat(registry.hasManifest("removed")).isTrue();
    }
  }

  @Test
  void retainHasNoFinalizerAndAPolicyThatIsTakenBackTakesItAway() {
    try (var workspace = Workspace.open("retain")) {
      var repository = workspace.repository("removed");
      workspace.apply(yaml("removed", repository, "first", "deletionPolicy: Untag"));
      published(workspace, "removed");
      assertThat(workspace.get("removed").getMetadata().getFinalizers())
          .containsExactly("osimage.dev/registry");

      workspace.apply(yaml("removed", repository, "first", "deletionPolicy: Retain"));
      workspace.await(
          "removed", "without finalizer", image -> image.getMetadata().getFinalizers().isEmpty());
      workspace.kubectl.run("delete", "osimage", "removed", "--timeout=1m");

      assertThat(new RegistryApi(repository).hasManifest("removed")).isTrue();
    }
  }

  private static Artifact published(Workspace workspace, String name) {
    return Objects.requireNonNull(workspace.awaitReady(name).getStatus().artifact(), "artifact");
  }

  private static String contentTag(Artifact artifact) {
    return BuildPlan.contentTag(artifact.inputsHash());
  }

  private static String events(Workspace workspace) {
    return workspace.kubectl.run("events", "--for", "osimage/removed");
  }

  private static String yaml(String name, String repository, String text, String more) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: %s}
    spec:
      architecture: amd64
      files:
        rootfs: {inline: "%s"}
      destination: {repository: "%s", tags: [%s], plainHTTP: true}
      %s
    """
        .formatted(name, text, repository, name, more);
  }
}
