package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImage;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TagConflictE2E {

  @Test
  void whoPublishedATagKeepsItAndTheOtherGetsItWhenItIsFree() throws Exception {
    try (var workspace = Workspace.open("tag-conflict")) {
      workspace.apply(yaml(workspace, "owner", "one"));
      var digest =
          Objects.requireNonNull(workspace.awaitReady("owner").getStatus().artifact()).digest();

      workspace.apply(yaml(workspace, "late", "two"));
      var stalled = workspace.awaitStalled("late");

      assertThat(stalled.reason()).isEqualTo("TagConflict");
      assertThat(stalled.message()).contains("latest", "the OsImage owner");
      assertThat(Skopeo.digest(workspace.repository("shared") + ":latest")).isEqualTo(digest);
      assertThat(workspace.jobs()).as("nothing was built for it").hasSize(1);

      workspace.kubectl.run("delete", "osimage", "owner");
      workspace.kubectl.run("annotate", "osimage", "late", OsImage.RECONCILE_REQUESTED_AT + "=now");
      var late = workspace.awaitReady("late").getStatus();

      assertThat(late.lastHandledReconcileAt()).isEqualTo("now");
      assertThat(Skopeo.digest(workspace.repository("shared") + ":latest"))
          .isEqualTo(Objects.requireNonNull(late.artifact()).digest())
          .isNotEqualTo(digest);
    }
  }

  private static String yaml(Workspace workspace, String name, String content) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: %s}
    spec:
      architecture: amd64
      files:
        rootfs: {inline: "%s"}
      destination: {repository: "%s", tags: [latest], plainHTTP: true}
    """
        .formatted(name, content, workspace.repository("shared"));
  }
}
