package dev.osimage.gateway;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.osimage.gateway.cache.BlobCache;
import dev.osimage.gateway.catalog.Catalog;
import dev.osimage.gateway.catalog.CatalogFile;
import dev.osimage.gateway.catalog.Watch;
import dev.osimage.gateway.upstream.Registries;
import dev.osimage.gateway.web.HealthServer;
import dev.osimage.gateway.web.WebMetrics;
import dev.osimage.gateway.web.WebServer;
import dev.osimage.oci.http.CaBundle;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The boot gateway. Settings come from the environment, see {@link Settings}. */
public final class Main {

  private static final Logger LOG = LoggerFactory.getLogger(Main.class);

  /** Shorter than the pod's grace period. */
  private static final Duration DRAIN = Duration.ofSeconds(25);

  private Main() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    var settings = Settings.from(System.getenv());
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var metrics = new WebMetrics(registry);
    var catalog = new Catalog();
    Files.createDirectories(settings.cache());
    var file = new CatalogFile(settings.cache().resolve("catalog.json"));
    var known = file.load();
    catalog.restore(known);
    var cache =
        new BlobCache(
            settings.cache().resolve("blobs"),
            settings.cacheBytes(),
            // So many as there are blobs that somebody waits for; few of them are fetched at once.
            Executors.newVirtualThreadPerTaskExecutor(),
            metrics,
            Clock.systemUTC());
    var registries =
        new Registries(transport(settings), settings.dockerConfig(), RetryPolicy.DEFAULT);
    var watch = new Watch(client(), settings.namespaces(), catalog, file);
    var server = new WebServer(catalog, cache, registries, settings.web(), metrics);
    var health =
        new HealthServer(
            settings.healthPort(), () -> !known.isEmpty() || watch.hasSynced(), registry::scrape);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(server, watch)));
    watch.start();
    server.start();
    health.start();
    LOG.info("serving at port {} as {}", server.port(), settings.web().baseUrl());
    cache.scrub();
  }

  private static KubernetesClient client() {
    var config = new ConfigBuilder().withRequestRetryBackoffLimit(2).build();
    var mapper = new ObjectMapper();
    // Half of what the API server says of an object is who has written which field of it.
    mapper.addMixIn(ObjectMeta.class, WithoutManagedFields.class);
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withKubernetesSerialization(new KubernetesSerialization(mapper, true))
        .build();
  }

  @JsonIgnoreProperties("managedFields")
  private interface WithoutManagedFields {}

  private static HttpTransport transport(Settings settings) throws IOException {
    var http = HttpSettings.of(settings.proxies());
    var transport =
        new HttpTransport(
            new HttpSettings(
                http.proxies(),
                http.connectTimeout(),
                http.answerTimeout(),
                http.writeTimeout(),
                http.commitTimeout(),
                settings.transfersPerRegistry(),
                "osimage-gateway"));
    if (!Files.exists(settings.caBundle())) {
      return transport;
    }
    try (var in = Files.newInputStream(settings.caBundle())) {
      return transport.trusting(CaBundle.parse(in.readNBytes(CaBundle.MAX_BYTES)));
    }
  }

  private static void end(WebServer server, Watch watch) {
    try {
      server.drain(DRAIN);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    watch.close();
    server.close();
  }
}
