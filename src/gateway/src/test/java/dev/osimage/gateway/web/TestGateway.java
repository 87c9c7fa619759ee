package dev.osimage.gateway.web;

import dev.osimage.api.OsImage;
import dev.osimage.api.Part;
import dev.osimage.gateway.cache.BlobCache;
import dev.osimage.gateway.catalog.BootImage;
import dev.osimage.gateway.catalog.Catalog;
import dev.osimage.gateway.upstream.Registries;
import dev.osimage.oci.Repository;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** A gateway that serves one OsImage out of a registry of faults, and a machine that asks it. */
final class TestGateway implements AutoCloseable {

  static final byte[] KERNEL = bytes(1, 1_500_000);
  static final byte[] INITRAMFS = bytes(2, 100_000);
  static final byte[] UKI = bytes(3, 70_000);

  /** More than fits into the buffers of a connection. */
  static final byte[] ROOTFS = bytes(4, 48 << 20);

  static final String OLDER = "sha256:" + "2".repeat(64);

  /** What the paths of the newest artifact begin with. */
  static final String ROOT = "/v1/osimages/team/debian/sha256-" + "1".repeat(64) + "/";

  private static final String MANIFEST = "sha256:" + "1".repeat(64);
  private static final long PLENTY = 1L << 30;
  private static final int MANY = 1000;

  final FaultRegistry registry = FaultRegistry.start();
  final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  /** Where credentials of registries are looked for. */
  final Path dockerConfig;

  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final HttpTransport transport =
      new HttpTransport(HttpSettings.of(Map.of()).withTimeouts(Duration.ofSeconds(2)));
  private final OkHttpClient client =
      new OkHttpClient.Builder().followRedirects(false).retryOnConnectionFailure(false).build();
  private final List<Response> responses = new ArrayList<>();
  private final BlobCache cache;
  private final WebServer server;
  private final HealthServer health;

  private final Catalog catalog = new Catalog();

  private TestGateway(
      Path folder,
      int connections,
      int requestsPerSecond,
      long cacheBytes,
      Optional<ServerCertificate> certificate)
      throws IOException {
    dockerConfig = folder.resolve("config.json");
    catalog.restore(
        List.of(
            image(MANIFEST, "ro root=live:${squashfs-url} x='y z'", KERNEL, INITRAMFS, UKI, ROOTFS),
            image(OLDER, "quiet", INITRAMFS)));
    hears();
    var settings =
        new WebSettings(
            0,
            certificate,
            "http://boot.example.com:8080",
            new AppendRules(Set.of("console")),
            connections,
            Duration.ofSeconds(2),
            Duration.ofSeconds(1),
            requestsPerSecond);
    var webMetrics = new WebMetrics(metrics);
    cache =
        new BlobCache(folder.resolve("blobs"), cacheBytes, executor, webMetrics, Clock.systemUTC());
    var retries =
        new RetryPolicy(
            2,
            Duration.ofMillis(1),
            Duration.ofMillis(2),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10));
    var registries = new Registries(transport, dockerConfig, retries);
    server = new WebServer(catalog, cache, registries, settings, webMetrics);
    server.start();
    health = new HealthServer(0, catalog::isComplete, metrics::scrape);
    health.start();
  }

  static TestGateway start(Path folder) throws IOException {
    return new TestGateway(folder, MANY, 0, PLENTY, Optional.empty());
  }

  static TestGateway withConnections(Path folder, int connections) throws IOException {
    return new TestGateway(folder, connections, 0, PLENTY, Optional.empty());
  }

  static TestGateway withRequestsPerSecond(Path folder, int requests) throws IOException {
    return new TestGateway(folder, MANY, requests, PLENTY, Optional.empty());
  }

  static TestGateway withCacheOf(Path folder, long bytes) throws IOException {
    return new TestGateway(folder, MANY, 0, bytes, Optional.empty());
  }

  static TestGateway withTls(Path folder, ServerCertificate certificate) throws IOException {
    return new TestGateway(folder, MANY, 0, PLENTY, Optional.of(certificate));
  }

  int port() {
    return server.port();
  }

  /** Its certificate is looked at. */
  void renew(ServerCertificate certificate) {
    server.renew(certificate);
  }

  private static byte[] bytes(int seed, int size) {
    var bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private BootImage image(String manifest, String commandLine, byte[]... contents) {
    var names = List.of("kernel", "initramfs", "uki", "rootfs");
    var parts = new ArrayList<Part>();
    for (int i = 0; i < contents.length; i++) {
      parts.add(
          new Part(
              names.get(i),
              "application/vnd.ironcore.image." + names.get(i),
              registry.addBlob(contents[i]).toString(),
              contents[i].length,
              "http://unused"));
    }
    return new BootImage(
        "team",
        "debian",
        manifest,
        Repository.parse(registry.repository().toString()),
        true,
        commandLine,
        List.copyOf(parts));
  }

  Response get(String path, String... headers) throws IOException {
    return send("GET", path, headers);
  }

  Response send(String method, String path, String... headers) throws IOException {
    return answer("http://127.0.0.1:" + server.port() + path, method, headers);
  }

  private Response answer(String url, String method, String... headers) throws IOException {
    var response =
        client
            .newCall(
                new Request.Builder()
                    .url(url)
                    .headers(Headers.of(headers))
                    .method(method, null)
                    .build())
            .execute();
    synchronized (responses) {
      responses.add(response);
    }
    return response;
  }

  /** What it says to these characters, as characters. */
  String raw(String request) throws IOException {
    try (var socket = connect()) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), server.port());
  }

  /** The API server says what there is. */
  private void hears() {
    var image = new OsImage();
    image.setMetadata(new ObjectMetaBuilder().withNamespace("team").withName("debian").build());
    catalog.retain(List.of(image));
  }

  /** What kubelet and Prometheus are told. */
  Response health(String path) throws IOException {
    return answer("http://127.0.0.1:" + health.port() + path, "GET");
  }

  String scrape() {
    return metrics.scrape();
  }

  @Override
  public void close() throws IOException {
    server.close();
    health.close();
    cache.close();
    responses.forEach(Response::close);
    registry.close();
    transport.close();
    executor.shutdownNow();
  }
}
