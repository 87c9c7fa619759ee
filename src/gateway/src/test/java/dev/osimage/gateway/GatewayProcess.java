package dev.osimage.gateway;

import dev.osimage.api.Part;
import dev.osimage.gateway.catalog.BootImage;
import dev.osimage.gateway.catalog.Catalog;
import dev.osimage.gateway.catalog.CatalogFile;
import dev.osimage.oci.Repository;
import dev.osimage.oci.faults.FaultRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.awaitility.Awaitility;

/** The process itself, which knows one OsImage from before and finds no API server. */
final class GatewayProcess implements AutoCloseable {

  static final byte[] KERNEL = kernel();
  static final String ROOT = "/v1/osimages/team/debian/sha256-" + "1".repeat(64) + "/";

  private final OkHttpClient client =
      new OkHttpClient.Builder().retryOnConnectionFailure(false).build();
  private final List<Process> processes = new ArrayList<>();
  private final Path folder;
  private final int port = freePort();
  private final int healthPort = freePort();

  GatewayProcess(Path folder, FaultRegistry registry) throws IOException {
    this.folder = folder;
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
  }

  private static byte[] kernel() {
    var bytes = new byte[3_000_000];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** A process with these settings that is ready; it may be the second one in the same folder. */
  Process start(Map<String, String> settings, String... java) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(List.of(java));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), "dev.osimage.gateway.Main"));
    var builder = new ProcessBuilder(command);
    var environment = builder.environment();
    environment.put("KUBECONFIG", folder.resolve("none").toString());
    environment.put("KUBERNETES_MASTER", "https://127.0.0.1:1");
    environment.put("OSIMAGE_GATEWAY_URL", "http://127.0.0.1:" + port);
    environment.put("OSIMAGE_GATEWAY_PORT", String.valueOf(port));
    environment.put("OSIMAGE_GATEWAY_HEALTH_PORT", String.valueOf(healthPort));
    environment.put("OSIMAGE_GATEWAY_CACHE", folder.toString());
    environment.putAll(settings);
    var process =
        builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile()).start();
    processes.add(process);
    Awaitility.await("ready")
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> {
          try (var response = get(healthPort, "/readyz")) {
            return response.code() == 200;
          }
        });
    return process;
  }

  /** Where machines are served. */
  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  Response get(String path) throws IOException {
    return get(port, path);
  }

  private Response get(int at, String path) throws IOException {
    return client
        .newCall(new Request.Builder().url("http://127.0.0.1:" + at + path).build())
        .execute();
  }

  /** How many files of a kind its cache has. */
  long files(String kind) throws IOException {
    try (var files = Files.list(folder.resolve("blobs").resolve(kind))) {
      return files.count();
    }
  }

  @Override
  public void close() {
    for (var process : processes) {
      process.destroyForcibly().onExit().join();
    }
  }
}
