package dev.osimage.e2e;

import static dev.osimage.e2e.registry.RealRegistry.Kind.DISTRIBUTION_3;
import static dev.osimage.e2e.registry.RealRegistry.Option.REDIRECTS;
import static dev.osimage.e2e.registry.RealRegistry.Option.TLS;
import static dev.osimage.e2e.registry.RealRegistry.Option.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Boot;
import dev.osimage.api.Condition;
import dev.osimage.e2e.registry.Peers;
import dev.osimage.e2e.registry.RealRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Machines without a disk that know a URL of the status and nothing else. */
class NetworkBootE2E {

  /** Kubelet looks at the Secrets of a running pod once a minute, and the operator at URLs. */
  private static final Duration NEW_CREDENTIALS = Duration.ofMinutes(5);

  private final String marker = "marker-" + UUID.randomUUID();

  @TempDir Path folder;

  @Test
  @EnabledIf(
      value = "dev.osimage.e2e.registry.Peers#areBuilt",
      disabledReason = "not all peers are built: see what e2e/local/tools.sh peers says")
  void withIpxeTheKernelComesUpAndMountsTheSquashfsThatAPrivateRegistryHolds() throws Exception {
    try (var workspace = Workspace.open("network-boot");
        var sources = new SourceServer(workspace.cluster);
        var registry =
            RealRegistry.startAt(
                workspace.cluster.address(),
                workspace.lab.authority,
                DISTRIBUTION_3,
                TLS,
                TOKEN,
                REDIRECTS)) {
      var config = Peers.of(registry, folder.resolve("peers")).dockerConfig();
      createLogin(workspace.kubectl, "registry", config);
      workspace.apply(yaml(sources, registry));
      workspace.awaitReady("diskless");
      var refused = awaitBootUrls(workspace, "False");
      assertThat(refused.reason()).isEqualTo("CredentialsRefused");
      assertThat(refused.message()).contains("give the gateway credentials for " + registry.host());

      var gateway = new Kubectl(workspace.cluster, Chart.NAMESPACE);
      gateway.run("delete", "secret", Chart.GATEWAY_CREDENTIALS, "--ignore-not-found");
      createLogin(gateway, Chart.GATEWAY_CREDENTIALS, config);
      awaitBootUrls(workspace, "True");
      var boot = boot(workspace);
      var console =
          Machine.bootWithIpxe(Objects.requireNonNull(boot.ipxeURL()), folder.resolve("console"));

      assertThat(console)
          .containsPattern("OSIMAGE-BOOT-OK root: .*" + marker)
          .containsPattern("OSIMAGE-BOOT-OK cmdline: .*osimage.squashfs=" + boot.squashfsURL());
      assertThat(registry.blobs().readers()).contains("osimage-gateway");
    }
  }

  @Test
  void withUefiTheUnifiedKernelImageComesUp() throws Exception {
    try (var workspace = Workspace.open("uefi-boot");
        var sources = new SourceServer(workspace.cluster)) {
      workspace.apply(
          """
          apiVersion: osimage.dev/v1alpha1
          kind: OsImage
          metadata: {name: diskless}
          spec:
            architecture: amd64
            files:
              uki: %s
            destination: {repository: "%s", plainHTTP: true}
          """
              .formatted(
                  sources.publish("uki", machineFile("uki.efi")), workspace.repository("uki")));
      workspace.awaitServed("diskless");

      var console =
          Machine.bootWithUefi(
              Objects.requireNonNull(boot(workspace).ukiURL()), folder.resolve("console"));

      assertThat(console).containsPattern("OSIMAGE-BOOT-OK cmdline: .*osimage.machine=uki");
    }
  }

  private String yaml(SourceServer sources, RealRegistry registry) throws IOException {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: diskless}
    spec:
      architecture: amd64
      commandLine: "ro console=ttyS0 panic=-1 osimage.squashfs=${squashfs-url}"
      files:
        kernel: %s
        initramfs: %s
        squashfs: %s
      destination: {repository: "%s", tags: [v1-amd64], secretRef: {name: registry}}
    """
        .formatted(
            sources.publish("vmlinuz", machineFile("vmlinuz")),
            sources.publish("initramfs", machineFile("initramfs.cpio.gz")),
            sources.publish("squashfs", squashfs()),
            registry.repository("diskless"));
  }

  private byte[] machineFile(String name) throws IOException {
    var files = folder.resolve("machine");
    Machine.makeFiles(files);
    return Files.readAllBytes(files.resolve(name));
  }

  /**
   * With an os-release that no other has. It is the smallest part, which is the one that is asked
   * for to see whether the registry is there: the others a gateway may have kept from other proofs.
   */
  private byte[] squashfs() throws IOException {
    var root = folder.resolve("root");
    Files.createDirectories(root.resolve("etc"));
    Files.writeString(root.resolve("etc/os-release"), "ID=osimage\nBUILD_ID=" + marker + "\n");
    Files.write(root.resolve("data"), TestFiles.random(1 << 19, 81));
    var file = folder.resolve("root.squashfs");
    Command.of("mksquashfs", root.toString(), file.toString(), "-quiet", "-no-progress").run();
    return Files.readAllBytes(file);
  }

  private static void createLogin(Kubectl kubectl, String name, Path dockerConfig) {
    kubectl.run(
        "create",
        "secret",
        "generic",
        name,
        "--type=kubernetes.io/dockerconfigjson",
        "--from-file=.dockerconfigjson=" + dockerConfig);
  }

  private static Condition awaitBootUrls(Workspace workspace, String status) {
    workspace.until(
        "the boot URLs' condition is " + status,
        NEW_CREDENTIALS,
        () -> bootUrls(workspace).status().equals(status));
    return bootUrls(workspace);
  }

  private static Condition bootUrls(Workspace workspace) {
    return Workspace.condition(workspace.get("diskless"), Condition.BOOT_URLS_REACHABLE)
        .orElseThrow();
  }

  private static Boot boot(Workspace workspace) {
    return Objects.requireNonNull(workspace.get("diskless").getStatus().boot());
  }
}
