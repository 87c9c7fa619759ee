package dev.osimage.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Part;
import dev.osimage.gateway.catalog.BootImage;
import dev.osimage.gateway.catalog.Catalog;
import dev.osimage.gateway.catalog.CatalogFile;
import dev.osimage.oci.Repository;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The process itself, while nobody answers where the API server should be. */
@Timeout(120)
class MainTest {

  private static final byte[] KERNEL = kernel();
  private static final String ROOT = "/v1/osimages/team/debian/sha256-" + "1".repeat(64) + "/";

  @TempDir private Path folder;

  private final OkHttpClient client =
      new OkHttpClient.Builder().retryOnConnectionFailure(false).build();
  private final List<Process> processes = new ArrayList<>();
  private final FaultRegistry registry;
  private int port;
  private int healthPort;

  MainTest() throws IOException {
    registry = FaultRegistry.start();
  }

  private static byte[] kernel() {
    var bytes = new byte[3_000_000];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  @BeforeEach
  void rememberWhatWasServed() throws IOException {
    var part =
        new Part(
            "kernel",
            "application/octet-stream",
            registry.addBlob(KERNEL).toString(),
            KERNEL.length,
            "http://unused");
    var catalog = new Catalog();
    catalog.restore(
        List.of(
            new BootImage(
                "team",
                "debian",
                "sha256:" + "1".repeat(64),
                Repository.parse(registry.repository().toString()),
                true,
                "quiet",
                List.of(part))));
    new CatalogFile(folder.resolve("catalog.json")).save(catalog);
    port = freePort();
    healthPort = freePort();
  }

  @AfterEach
  void end() throws Exception {
    for (var process : processes) {
      process.destroyForcibly().waitFor();
    }
    registry.close();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Process start() throws IOException {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.osimage.gateway.Main");
    var environment = builder.environment();
    environment.put("KUBECONFIG", folder.resolve("none").toString());
    environment.put("KUBERNETES_MASTER", "https://127.0.0.1:1");
    environment.put("OSIMAGE_GATEWAY_URL", "http://127.0.0.1:" + port);
    environment.put("OSIMAGE_GATEWAY_PORT", String.valueOf(port));
    environment.put("OSIMAGE_GATEWAY_HEALTH_PORT", String.valueOf(healthPort));
    environment.put("OSIMAGE_GATEWAY_CACHE", folder.toString());
    var process =
        builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile()).start();
    processes.add(process);
    Awaitility.await("ready")
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> code(healthPort, "/readyz") == 200);
    return process;
  }

  private int code(int at, String path) throws IOException {
    try (var response = get(at, path)) {
      return response.code();
    }
  }

  private Response get(int at, String path) throws IOException {
    return client
        .newCall(new Request.Builder().url("http://127.0.0.1:" + at + path).build())
        .execute();
  }

  @Test
  void whatItKnewIsServedAndOfTheRestItSaysThatItDoesNotKnow() throws Exception {
    start();

    try (var kernel = get(port, ROOT + "kernel")) {
      assertThat(kernel.body().bytes()).isEqualTo(KERNEL);
    }
    try (var other = get(port, ROOT.replace("debian", "fedora") + "kernel")) {
      assertThat(other.code()).isEqualTo(503);
      assertThat(other.header("Retry-After")).isNotNull();
    }
  }

  @Test
  void killedInTheMiddleOfAFetchItBeginsAnewAndServesTheRightBytes() throws Exception {
    registry.add(Rule.always(Step.BLOB_GET).trickles(Duration.ofMillis(1)));
    var first = start();
    var machine =
        Thread.ofVirtual()
            .start(() -> {
              try {
                code(port, ROOT + "kernel");
              } catch (IOException e) {
                // It is cut off: the gateway is killed.
              }
            });
    Awaitility.await("a part of it").atMost(Duration.ofSeconds(30)).until(() -> files("part") == 1);
    first.destroyForcibly().waitFor();
    machine.join();
    registry.recover();
    assertThat(files("part")).isEqualTo(1);

    start();

    assertThat(files("part")).isZero();
    try (var kernel = get(port, ROOT + "kernel")) {
      assertThat(kernel.body().bytes()).isEqualTo(KERNEL);
    }
    assertThat(files("sha256")).isEqualTo(1);
  }

  private long files(String kind) throws IOException {
    try (var files = Files.list(folder.resolve("blobs").resolve(kind))) {
      return files.count();
    }
  }
}
