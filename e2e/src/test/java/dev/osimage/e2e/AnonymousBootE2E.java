package dev.osimage.e2e;

import static dev.osimage.e2e.registry.RealRegistry.Kind.DISTRIBUTION_3;
import static dev.osimage.e2e.registry.RealRegistry.Option.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.e2e.registry.Peers;
import dev.osimage.e2e.registry.RealRegistry;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Without a boot gateway, machines have the registry's URLs, and no credentials for them. */
@EnabledIf(
    value = "dev.osimage.e2e.registry.Peers#areBuilt",
    disabledReason = "not all peers are built: see what e2e/local/tools.sh peers says")
class AnonymousBootE2E {

  @TempDir Path home;

  @Test
  void aLookTellsWhetherMachinesCanReadTheRegistrysUrls() throws Exception {
    try (var workspace = Workspace.open("anonymous");
        var registry = RealRegistry.startAt(workspace.cluster.address(), DISTRIBUTION_3, TOKEN)) {
      workspace.kubectl.run(
          "create",
          "secret",
          "generic",
          "registry",
          "--type=kubernetes.io/dockerconfigjson",
          "--from-file=.dockerconfigjson=" + Peers.of(registry, home).dockerConfig());

      withoutGateway(
          workspace,
          () -> {
            apply(workspace, "open", workspace.repository("open"), "");
            apply(workspace, "closed", registry.repository("os"), "secretRef: {name: registry}");

            var open = look(workspace, "open");
            assertThat(open.status()).as(open.message()).isEqualTo("True");
            assertThat(open.reason()).isEqualTo("Reachable");
            var closed = look(workspace, "closed");
            assertThat(closed.status()).as(closed.message()).isEqualTo("False");
            assertThat(closed.reason()).isEqualTo("CredentialsMissing");
            assertThat(closed.message()).contains("HTTP 401", "gateway.enabled");
            assertThat(Workspace.condition(workspace.get("closed"), Condition.READY))
                .hasValueSatisfying(ready -> assertThat(ready.status()).isEqualTo("True"));
          });
    }
  }

  /** An operator for this namespace does the work meanwhile. */
  private static void withoutGateway(Workspace workspace, Runnable work) {
    var release = workspace.namespace;
    synchronized (workspace.lab) {
      workspace.lab.installOperator("replicas=0");
      try {
        Chart.installAs(
            workspace.cluster,
            workspace.namespace,
            release,
            workspace.lab.image,
            Project.imageDigest(),
            "watch.own=true",
            "crds.install=false",
            "builder.progressInterval=1s",
            "fullnameOverride=" + release);
        work.run();
      } finally {
        Chart.remove(workspace.cluster, workspace.namespace, release);
        workspace.lab.installOperator();
      }
    }
  }

  private static void apply(Workspace workspace, String name, String repository, String secret) {
    workspace.apply(
        """
        apiVersion: osimage.dev/v1alpha1
        kind: OsImage
        metadata: {name: %s}
        spec:
          architecture: amd64
          bootCheck: "Off"
          files:
            kernel: {inline: "a kernel"}
            rootfs: {inline: "a root file system"}
          destination: {repository: "%s", plainHTTP: true, %s}
        """
            .formatted(name, repository, secret));
  }

  /** The condition after a look that was asked for. */
  private static Condition look(Workspace workspace, String name) {
    var urls = Objects.requireNonNull(workspace.awaitReady(name).getStatus().boot());
    assertThat(urls.kernelURL()).contains("/blobs/sha256:");
    workspace.kubectl.run("annotate", "osimage", name, OsImage.RECONCILE_REQUESTED_AT + "=now");
    var looked =
        workspace.await(
            name,
            "its boot URLs were looked at",
            image -> Workspace.condition(image, Condition.BOOT_URLS_REACHABLE).isPresent());
    return Workspace.condition(looked, Condition.BOOT_URLS_REACHABLE).orElseThrow();
  }
}
