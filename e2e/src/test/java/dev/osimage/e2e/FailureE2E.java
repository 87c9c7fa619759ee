package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.Digest;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class FailureE2E {

  private static final byte[] KERNEL = TestFiles.kernel(100_000, 4);

  @Test
  void aWrongDigestIsSaidWithPartExpectedAndFoundAndTheCorrectedSpecGoesReady() throws Exception {
    try (var workspace = Workspace.open("wrong-digest");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      var right = sources.publish("kernel", KERNEL);
      var wrongDigest = Digest.of("something else".getBytes(StandardCharsets.UTF_8));
      workspace.apply(yaml(workspace, registry, sources.source("kernel", wrongDigest)));

      var stalled = workspace.awaitStalled("failing");

      assertThat(stalled.reason()).isEqualTo("DigestMismatch");
      assertThat(stalled.message())
          .contains("kernel", wrongDigest.toString(), Digest.of(KERNEL).toString());
      assertThat(registry.requests()).noneMatch(request -> request.contains("/manifests/"));
      assertThat(registry.requests())
          .as("the upload is dropped")
          .anyMatch(request -> request.startsWith("DELETE"));
      workspace.until(
          "an event tells it",
          () ->
              workspace
                  .kubectl
                  .run("events", "--for", "osimage/failing")
                  .contains("DigestMismatch"));

      workspace.apply(yaml(workspace, registry, right));
      workspace.awaitReady("failing");
    }
  }

  @Test
  void anInitramfsInThePlaceOfTheKernelIsNotPublished() throws Exception {
    try (var workspace = Workspace.open("not-bootable");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      var gzip = TestFiles.random(10_000, 5);
      gzip[0] = 0x1f;
      gzip[1] = (byte) 0x8b;
      workspace.apply(yaml(workspace, registry, sources.publish("kernel", gzip)));

      var stalled = workspace.awaitStalled("failing");

      assertThat(stalled.reason()).isEqualTo("NotBootable");
      assertThat(stalled.message()).contains("kernel", "gzip", "initramfs", "bootCheck");
      assertThat(registry.requests()).noneMatch(request -> request.contains("/manifests/"));
    }
  }

  @Test
  void aMissingFileIsStalled() throws Exception {
    try (var workspace = Workspace.open("missing-file");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      workspace.apply(yaml(workspace, registry, sources.source("kernel", Digest.of(KERNEL))));
      assertThat(workspace.awaitStalled("failing").reason()).isEqualTo("SourceNotFound");
    }
  }

  @Test
  void theLastGoodArtifactOutlivesALaterFailure() throws Exception {
    try (var workspace = Workspace.open("last-good");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      workspace.apply(yaml(workspace, registry, sources.publish("kernel", KERNEL)));
      var good = workspace.awaitReady("failing").getStatus();

      workspace.apply(
          yaml(workspace, registry, sources.source("gone", Digest.of(TestFiles.random(9, 6)))));
      workspace.awaitStalled("failing");

      var after = workspace.get("failing").getStatus();
      assertThat(after.artifact()).isEqualTo(good.artifact());
      assertThat(after.boot()).isEqualTo(good.boot());
      assertThat(Workspace.condition(workspace.get("failing"), "Ready").orElseThrow().status())
          .isEqualTo("False");
    }
  }

  @Test
  void credentialsAreUsedFromBothKindsOfSecretAndNeverShown() throws Exception {
    try (var workspace = Workspace.open("credentials")) {
      var registry = workspace.cluster.passwordRegistry();
      workspace.kubectl.run(
          "create",
          "secret",
          "docker-registry",
          "docker",
          "--docker-server=" + registry.host(),
          "--docker-username=" + registry.username(),
          "--docker-password=" + registry.password());
      workspace.kubectl.run(
          "create",
          "secret",
          "generic",
          "basic",
          "--type=kubernetes.io/basic-auth",
          "--from-literal=username=" + registry.username(),
          "--from-literal=password=" + registry.password());
      workspace.kubectl.run(
          "create",
          "secret",
          "generic",
          "wrong",
          "--type=kubernetes.io/basic-auth",
          "--from-literal=username=" + registry.username(),
          "--from-literal=password=not-the-password");
      for (var secret : new String[] {"docker", "basic", "wrong", "absent"}) {
        workspace.apply(
            """
            apiVersion: osimage.dev/v1alpha1
            kind: OsImage
            metadata: {name: %s}
            spec:
              architecture: amd64
              files:
                initramfs: {inline: "with credentials"}
              destination:
                repository: "%s/%s/%s"
                secretRef: {name: %s}
                plainHTTP: true
            """
                .formatted(secret, registry.host(), workspace.namespace, secret, secret));
      }

      workspace.awaitReady("docker");
      workspace.awaitReady("basic");
      awaitReason(workspace, "wrong", "CredentialsRefused");
      awaitReason(workspace, "absent", "CredentialsMissing");
      workspace.kubectl.run(
          "create",
          "secret",
          "generic",
          "absent",
          "--type=kubernetes.io/basic-auth",
          "--from-literal=username=" + registry.username(),
          "--from-literal=password=" + registry.password());
      workspace.awaitReady("absent");
      var everything =
          workspace.kubectl.run("get", "osimages,jobs,pods,configmaps,events", "-o", "yaml");
      var pair = registry.username() + ":" + registry.password();
      assertThat(everything + logs(workspace))
          .doesNotContain(registry.password())
          .doesNotContain(Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)))
          .doesNotContain("not-the-password")
          .doesNotContain(
              Base64.getEncoder()
                  .encodeToString(registry.password().getBytes(StandardCharsets.UTF_8)));
    }
  }

  @Test
  void aPasswordThatIsExchangedWhileABuildRunsIsWaitedForByTheSamePod() throws Exception {
    try (var workspace = Workspace.open("rotation");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      registry.protect("robot", "the-0ld-one");
      workspace.apply(secret("the-0ld-one"));
      var hold = sources.hold("rootfs");
      var before = startedWithTimeForKubelet(workspace, sources, registry, hold);

      workspace.apply(secret("the-n3w-one"));
      registry.protect("robot", "the-n3w-one");
      hold.release();
      var build = Objects.requireNonNull(workspace.awaitReady("failing").getStatus().build());

      assertThat(registry.refused()).as("requests with the old password").isPositive();
      assertThat(build.attempt()).isEqualTo(1);
      assertThat(workspace.pods())
          .singleElement()
          .extracting(pod -> pod.getMetadata().getUid())
          .isEqualTo(before.getMetadata().getUid());
      assertThat(registry.requests())
          .filteredOn(request -> request.startsWith("PATCH"))
          .as("uploads: kernel, rootfs, config")
          .hasSize(3);
      assertThat(logs(workspace))
          .contains("the Secret 'rotated' in destination.secretRef has changed; going on")
          .doesNotContain("the-0ld-one", "the-n3w-one");
    }
  }

  /** Kubelet takes up to a minute and a half to bring a Secret that has changed. */
  private static Pod startedWithTimeForKubelet(
      Workspace workspace,
      SourceServer sources,
      RegistryRecorder registry,
      SourceServer.Hold hold) {
    synchronized (workspace.lab) {
      var rootfs = sources.publish("rootfs", TestFiles.random(8_000_000, 6));
      workspace.lab.installOperator("builder.credentialsWait=2m");
      try {
        workspace.apply(
            yaml(workspace, registry, sources.publish("kernel", KERNEL))
                .replace("plainHTTP: true", "plainHTTP: true, secretRef: {name: rotated}")
                .replace("  destination:", "    rootfs: " + rootfs + "\n  destination:"));
        hold.awaitReached();
        return workspace.awaitRunningPod();
      } finally {
        workspace.lab.installOperator();
      }
    }
  }

  private static String secret(String password) {
    return """
    apiVersion: v1
    kind: Secret
    metadata: {name: rotated}
    type: kubernetes.io/basic-auth
    stringData: {username: robot, password: %s}
    """
        .formatted(password);
  }

  private static String logs(Workspace workspace) {
    var logs = new StringBuilder();
    for (var pod : workspace.pods()) {
      logs.append(workspace.kubectl.run("logs", pod.getMetadata().getName()));
    }
    return logs.append(
            new Kubectl(workspace.cluster, Chart.NAMESPACE)
                .run("logs", "deployment/osimage-operator"))
        .toString();
  }

  private static void awaitReason(Workspace workspace, String name, String reason) {
    workspace.await(
        name,
        reason,
        image ->
            Workspace.condition(image, "Ready")
                .filter(ready -> ready.reason().equals(reason))
                .isPresent());
  }

  private static String yaml(Workspace workspace, RegistryRecorder registry, String kernel) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: failing}
    spec:
      architecture: amd64
      files:
        kernel: %s
      destination: {repository: "%s/%s/failing", tags: [latest], plainHTTP: true}
    """
        .formatted(kernel, registry.host(), workspace.namespace);
  }
}
