package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.oci.Digest;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** When a build is tried again: by itself, by a request, and not any more. */
class RetryE2E {

  private static final byte[] KERNEL = TestFiles.kernel(100_000, 21);

  @Test
  void whatWasMendedElsewhereIsFoundWithoutTouchingTheObject() throws Exception {
    try (var workspace = Workspace.open("mended");
        var sources = new SourceServer(workspace.cluster)) {
      workspace.apply(yaml(workspace, sources.source("late", Digest.of(KERNEL)), ""));
      var stalled = workspace.awaitStalled("again");
      var status = workspace.get("again").getStatus();

      assertThat(stalled.reason()).isEqualTo("SourceNotFound");
      assertThat(status.nextRetryTime()).isNotNull();
      var failure = Objects.requireNonNull(Objects.requireNonNull(status.build()).failure());
      assertThat(failure.exitCode()).isEqualTo(2);
      assertThat(failure.retriable()).isTrue();
      assertThat(failure.logTail()).contains("SourceNotFound");

      sources.publish("late", KERNEL);
      var ready = workspace.awaitReady("again");

      assertThat(ready.getMetadata().getGeneration()).isEqualTo(1);
      assertThat(ready.getStatus().nextRetryTime()).isNull();
      assertThat(Objects.requireNonNull(ready.getStatus().build()).failure()).isNull();
    }
  }

  @Test
  void aLimitEndsTheAttemptsAndARequestGivesOneMore() throws Exception {
    try (var workspace = Workspace.open("limit");
        var sources = new SourceServer(workspace.cluster)) {
      workspace.apply(yaml(workspace, sources.source("gone", Digest.of(KERNEL)), "limit: 2"));
      workspace.await(
          "again", "out of attempts", image -> message(image).contains("spec.retry.limit"));
      assertThat(workspace.get("again").getStatus().nextRetryTime()).isNull();

      workspace.kubectl.run(
          "annotate", "osimage", "again", OsImage.RECONCILE_REQUESTED_AT + "=please");
      var asked =
          workspace.await(
              "again",
              "handled",
              image -> "please".equals(image.getStatus().lastHandledReconcileAt()));
      assertThat(Objects.requireNonNull(asked.getStatus().build()).attempt()).isEqualTo(3);

      workspace.await(
          "again", "out of attempts", image -> message(image).contains("spec.retry.limit"));
      assertThat(workspace.jobs()).hasSize(3);
    }
  }

  @Test
  void aRebuildLeavesWhatIsPublishedReadyWhetherItSucceedsOrFails() throws Exception {
    try (var workspace = Workspace.open("rebuild");
        var sources = new SourceServer(workspace.cluster)) {
      var rebuilt = rebuilt(workspace, sources.publish("kernel", KERNEL));

      // Now that nobody answers at the registry's address any more.
      rebuild(workspace, "twice");
      var failed =
          await(
              workspace,
              "failed",
              status ->
                  status.effectiveConditions().stream()
                      .anyMatch(c -> c.type().equals(Condition.LAST_BUILD_FAILED)));

      assertThat(failed.effectiveConditions())
          .filteredOn(c -> c.type().equals(Condition.READY))
          .allMatch(c -> c.status().equals("True"));
      assertThat(failed.effectiveConditions()).noneMatch(c -> c.type().equals(Condition.STALLED));
      assertThat(failed.artifact()).isEqualTo(rebuilt.artifact());
    }
  }

  private static OsImageStatus rebuilt(Workspace workspace, String kernel) throws Exception {
    try (var registry = new RegistryRecorder(workspace.cluster)) {
      workspace.apply(
          yaml(workspace, kernel, "").replace(workspace.cluster.registry(), registry.host()));
      var first = workspace.awaitReady("again").getStatus();

      rebuild(workspace, "once");
      var rebuilt = await(workspace, "rebuilt", status -> "once".equals(builtFor(status)));

      assertThat(rebuilt.lastHandledRebuildAt()).isEqualTo("once");
      assertThat(Objects.requireNonNull(rebuilt.artifact()).digest())
          .isEqualTo(Objects.requireNonNull(first.artifact()).digest());
      assertThat(workspace.jobs()).hasSize(2);
      Awaitility.await("events")
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() ->
              assertThat(workspace.kubectl.run("get", "events", "-o", "jsonpath={..reason}"))
                  .as("one for each build")
                  .containsSubsequence("Succeeded", "Succeeded"));
      return rebuilt;
    }
  }

  private static String builtFor(OsImageStatus status) {
    var artifact = status.artifact();
    return artifact == null || artifact.rebuild() == null ? "" : artifact.rebuild();
  }

  private static OsImageStatus await(
      Workspace workspace, String what, Predicate<OsImageStatus> wanted) {
    return workspace.await("again", what, image -> wanted.test(image.getStatus())).getStatus();
  }

  private static void rebuild(Workspace workspace, String value) {
    workspace.kubectl.run(
        "annotate", "--overwrite", "osimage", "again", OsImage.REBUILD_REQUESTED_AT + "=" + value);
  }

  private static String message(OsImage image) {
    return Workspace.condition(image, Condition.STALLED).map(Condition::message).orElse("");
  }

  private static String yaml(Workspace workspace, String kernel, String retry) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: again}
    spec:
      architecture: amd64
      retry: {%s}
      files:
        kernel: %s
      destination: {repository: "%s", tags: [latest], plainHTTP: true}
    """
        .formatted(retry, kernel, workspace.repository("again"));
  }
}
