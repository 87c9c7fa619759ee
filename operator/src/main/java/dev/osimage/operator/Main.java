package dev.osimage.operator;

import dev.osimage.operator.osimage.OsImageReconciler;
import dev.osimage.operator.osimage.UpdateFilter;
import dev.osimage.operator.runtime.ApiClient;
import dev.osimage.operator.runtime.BuildMetrics;
import dev.osimage.operator.runtime.Health;
import dev.osimage.operator.runtime.Leadership;
import dev.osimage.operator.runtime.LeaseSettings;
import dev.osimage.operator.runtime.ProcessMetrics;
import dev.osimage.operator.runtime.ReconcileMetrics;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator. Settings come from the environment, see {@link Settings} and {@link
 * RuntimeSettings}.
 */
public final class Main {

  private static final Logger LOG = LoggerFactory.getLogger(Main.class);

  /** Shorter than the pod's grace period; a reconciliation takes seconds, builds go on anyway. */
  private static final Duration TERMINATION = Duration.ofSeconds(20);

  private static final int THREADS = 16;

  private final Settings settings;
  private final RuntimeSettings runtimeSettings;
  private final KubernetesClient client;
  private final ExecutorService reconciliations = Executors.newFixedThreadPool(THREADS);
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final BuildMetrics builds;
  private final Optional<Leadership> leadership;
  private final Operator operator;

  private Main(Settings settings, RuntimeSettings runtimeSettings, KubernetesClient client) {
    this.settings = settings;
    this.runtimeSettings = runtimeSettings;
    this.client = client;
    builds = new BuildMetrics(registry, runtimeSettings.metricsObjects());
    leadership =
        runtimeSettings
            .lease()
            .map(lease -> new Leadership(client, lease, () -> Runtime.getRuntime().halt(1)));
    operator = operator();
  }

  public static void main(String[] args) throws IOException {
    var settings = Settings.from(System.getenv());
    var runtimeSettings = RuntimeSettings.from(System.getenv());
    new Main(settings, runtimeSettings, ApiClient.create()).run();
  }

  private void run() throws IOException {
    ProcessMetrics.bindTo(registry, () -> leadership.map(Leadership::leads).orElse(true));
    var runtime = operator.getRuntimeInfo();
    // Before the start, which waits for the caches: the endpoints say that it is not ready yet.
    Health.serve(
        settings.healthPort(),
        () -> runtime.isStarted() && runtime.allEventSourcesAreHealthy(),
        registry::scrape);
    Runtime.getRuntime().addShutdownHook(new Thread(this::end));
    try {
      operator.start();
      LOG.info("started; builder image {}", settings.builderImage());
    } catch (RuntimeException e) {
      LOG.error("the operator can't start", e);
      System.exit(1);
    }
  }

  private Operator operator() {
    var metrics =
        new ReconcileMetrics(
            registry, id -> builds.gone(id.getNamespace().orElse(""), id.getName()));
    var made =
        new Operator(overrider -> {
          overrider
              .withKubernetesClient(client)
              // The Lease is given back after the stop.
              .withCloseClientOnStop(false)
              .withExecutorService(reconciliations)
              .withMetrics(metrics)
              .withReconciliationTerminationTimeout(termination());
          leadership.ifPresent(l -> overrider.withLeaderElectionConfiguration(l.configuration()));
        });
    made.register(
        new OsImageReconciler(client, settings, Clock.systemUTC(), builds),
        overrider -> {
          overrider.withOnUpdateFilter(UpdateFilter::accept);
          if (!runtimeSettings.watchedNamespaces().isEmpty()) {
            // Jobs and pods are watched where the OsImages are.
            overrider.settingNamespaces(Set.copyOf(runtimeSettings.watchedNamespaces()));
          }
        });
    return made;
  }

  /** How long running reconciliations may take at the end: the Lease is not renewed any more. */
  private Duration termination() {
    return runtimeSettings
        .lease()
        .map(LeaseSettings::renewDeadline)
        .filter(deadline -> deadline.compareTo(TERMINATION) < 0)
        .orElse(TERMINATION);
  }

  private void end() {
    leadership.ifPresent(Leadership::end);
    operator.stop();
    if (reconciliations.isTerminated()) {
      leadership.ifPresent(Leadership::release);
    }
  }
}
