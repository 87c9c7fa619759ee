package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.Digest;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ThousandMachinesE2E {

  private static final int MACHINES = 1000;
  private static final byte[] ROOTFS = TestFiles.random(64 << 20, 91);

  /** What the registry takes for it. */
  private static final Duration SLOW = Duration.ofSeconds(10);

  @Test
  void aThousandMachinesAtOnceAreOneFetchFromASlowRegistryAndAllGetTheRightBytes()
      throws Exception {
    try (var workspace = Workspace.open("thousand");
        var sources = new SourceServer(workspace.cluster);
        var registry = new RegistryRecorder(workspace.cluster)) {
      workspace.apply(
          """
          apiVersion: osimage.dev/v1alpha1
          kind: OsImage
          metadata: {name: rack}
          spec:
            architecture: amd64
            files:
              rootfs: %s
              initramfs: {inline: "the smallest part is the one that the operator asks for"}
            destination: {repository: "%s/thousand/rack", plainHTTP: true}
          """
              .formatted(sources.publish("rootfs", ROOTFS), registry.host()));
      var boot = Objects.requireNonNull(workspace.awaitServed("rack").getStatus().boot());
      var url = URI.create(Objects.requireNonNull(boot.rootfsURL()));
      registry.slowDownGateway(SLOW);
      workspace.whileAnOperatorWorks(() -> {
        var before = gateways(workspace);

        assertThat(digests(url)).hasSize(MACHINES).containsOnly(Digest.of(ROOTFS));

        assertThat(registry.fetchesOf(Digest.of(ROOTFS))).isEqualTo(1);
        assertThat(gateways(workspace)).as("no gateway was killed").isEqualTo(before);
      });
    }
  }

  /** What each of the machines got, all of which ask at the same time. */
  private static List<Digest> digests(URI url) {
    var digests = new ArrayList<Digest>();
    try (var machines = Executors.newVirtualThreadPerTaskExecutor()) {
      var asked = new ArrayList<Callable<Digest>>();
      for (int i = 0; i < MACHINES; i++) {
        asked.add(() -> digest(url));
      }
      for (Future<Digest> got : machines.invokeAll(asked)) {
        digests.add(got.get());
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return digests;
  }

  private static Digest digest(URI url) throws IOException {
    try (var socket = new Socket(url.getHost(), url.getPort())) {
      socket
          .getOutputStream()
          .write(
              "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n"
                  .formatted(url.getPath(), url.getHost())
                  .getBytes(StandardCharsets.ISO_8859_1));
      var in = socket.getInputStream();
      var end = 0;
      // The head of the answer.
      while (end != 0x0d0a0d0a) {
        int next = in.read();
        if (next < 0) {
          throw new IOException("no answer");
        }
        end = end << 8 | next;
      }
      return Digest.of(in);
    }
  }

  /** Names and restarts of the gateways' pods. */
  private static List<String> gateways(Workspace workspace) {
    return workspace
        .client
        .pods()
        .inNamespace(Chart.NAMESPACE)
        .withLabel("app.kubernetes.io/name", "osimage-operator-gateway")
        .list()
        .getItems()
        .stream()
        .map(ThousandMachinesE2E::life)
        .sorted()
        .toList();
  }

  private static String life(Pod pod) {
    return pod.getMetadata().getName()
        + " "
        + pod.getStatus().getContainerStatuses().getFirst().getRestartCount();
  }
}
