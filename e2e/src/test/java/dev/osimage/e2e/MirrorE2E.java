package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.Digest;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Mirrors and authorities that the administrator names for everybody. */
class MirrorE2E {

  private static final byte[] ROOT = TestFiles.random(3 << 20, 71);
  private static final byte[] OTHER = TestFiles.random(3 << 20, 72);
  private static final String NAME = "root.raw";

  @Test
  void aSourceThatIsGoneComesFromAMirrorThatTheBundleOfTheChartVouchesFor() throws Exception {
    try (var workspace = Workspace.open("mirror");
        var mirror = workspace.lab.mirrors.secure(NAME, ROOT)) {
      workspace.kubectl.run(
          "create",
          "secret",
          "generic",
          "web",
          "--from-literal=token=s3cret",
          "--from-literal=header.X-Key=s3cret");
      workspace.apply(yaml(workspace, workspace.cluster.registry(), "secretRef: {name: web}"));

      assertPublished(workspace);

      assertThat(mirror.requests()).hasSize(1);
      assertThat(mirror.requests().getFirst()).doesNotContainKeys("Authorization", "X-key");
      assertThat(log(workspace))
          .containsOnlyOnce("the mirror " + workspace.lab.mirrors.plainUrl(NAME) + " is no use: ");
    }
  }

  @Test
  void aMirrorWithOtherBytesIsPassedOverAndTheSourceItselfIsPublished() throws Exception {
    try (var workspace = Workspace.open("wrong-mirror");
        var origin = workspace.lab.mirrors.origin(NAME, ROOT);
        var wrong = workspace.lab.mirrors.plain(NAME, OTHER);
        var empty = workspace.lab.mirrors.secure("another", OTHER);
        var registry = new RegistryRecorder(workspace.cluster)) {
      workspace.apply(yaml(workspace, registry.host(), ""));

      assertPublished(workspace);

      assertThat(List.of(wrong.requests(), empty.requests(), origin.requests()))
          .allSatisfy(requests -> assertThat(requests).hasSize(1));
      assertThat(registry.requests())
          .as("the upload of the wrong bytes is dropped")
          .filteredOn(request -> request.startsWith("DELETE"))
          .hasSize(1);
      assertThat(log(workspace))
          .contains("found " + Digest.of(OTHER), "answers HTTP 404")
          .contains("going on with " + workspace.lab.mirrors.url(NAME));
    }
  }

  private static void assertPublished(Workspace workspace) {
    var parts = Objects.requireNonNull(workspace.awaitReady("mirrored").getStatus().parts());
    assertThat(parts.getFirst().digest()).isEqualTo(Digest.of(ROOT).toString());
    assertThat(List.copyOf(workspace.jobs())).as("one attempt").hasSize(1);
  }

  private static String log(Workspace workspace) {
    var pod = workspace.pods().getFirst().getMetadata().getName();
    // Lines of JSON, in which every slash is escaped.
    return workspace.kubectl.run("logs", pod).replace("\\/", "/");
  }

  private static String yaml(Workspace workspace, String registry, String more) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: mirrored}
    spec:
      architecture: amd64
      files:
        rootfs: {http: {url: "%s", digest: "%s", %s}}
      destination: {repository: "%s/%s/mirrored", tags: [v1], plainHTTP: true}
    """
        .formatted(
            workspace.lab.mirrors.url(NAME), Digest.of(ROOT), more, registry, workspace.namespace);
  }
}
