package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tools that judge by our conditions agree with them. */
class ClientsE2E {

  @Test
  void kubectlWaitReturnsWhenTheImageIsPublishedAndTheColumnsSayWhatPeopleAsk() {
    try (var workspace = Workspace.open("kubectl")) {
      workspace.apply(yaml("waited", workspace.repository("waited"), "a root file system"));

      workspace.kubectl.run("wait", "--for=condition=Ready", "--timeout=2m", "osimage/waited");

      assertThat(workspace.kubectl.run("get", "osi"))
          .contains("NAME", "READY", "REASON", "PROGRESS", "ARCH", "BUILT", "AGE")
          .containsPattern("waited +True +Succeeded +amd64");
      assertThat(workspace.kubectl.run("get", "osi", "-o", "wide"))
          .contains("DIGEST", "MESSAGE", "sha256:");
      assertThat(workspace.kubectl.run("describe", "osimage", "waited"))
          .contains("Boot:", "Rootfs URL:", "Events:");
    }
  }

  @Test
  void helmWaitsForAnImageInAChartAndFailsWhenItIsStalled(@TempDir Path chart) throws Exception {
    try (var workspace = Workspace.open("helm")) {
      Files.writeString(
          chart.resolve("Chart.yaml"), "apiVersion: v2\nname: images\nversion: 1.0.0\n");
      Files.createDirectories(chart.resolve("templates"));
      var image = chart.resolve("templates/image.yaml");
      Files.writeString(
          image, yaml("helmed", workspace.repository("helmed"), "a root file system"));

      assertThat(helm(workspace, chart).exit()).isZero();
      assertThat(Workspace.condition(workspace.get("helmed"), "Ready").orElseThrow().status())
          .isEqualTo("True");

      Files.writeString(
          image, yaml("helmed", workspace.repository("helmed"), "x").replace("rootfs:", "kernel:"));
      var start = Instant.now();
      var result = helm(workspace, chart);
      assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(90));
      assertThat(result.exit()).as("a stalled image fails the release at once").isNotZero();
      assertThat(result.err()).contains("helmed");
      workspace.awaitStalled("helmed");
    }
  }

  private static Command.Result helm(Workspace workspace, Path chart) {
    return Command.of(
            "helm",
            "upgrade",
            "--install",
            "images",
            chart.toString(),
            "--namespace",
            workspace.namespace,
            "--wait",
            "--timeout",
            "2m")
        .with("KUBECONFIG", workspace.cluster.kubeconfig().toString())
        .within(Duration.ofMinutes(3))
        .result();
  }

  private static String yaml(String name, String repository, String content) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata:
      name: %s
    spec:
      architecture: amd64
      files:
        rootfs: {inline: "%s"}
      destination: {repository: "%s", plainHTTP: true}
    """
        .formatted(name, content, repository);
  }
}
