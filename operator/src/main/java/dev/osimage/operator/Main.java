package dev.osimage.operator;

import dev.osimage.operator.osimage.OsImageReconciler;
import dev.osimage.operator.osimage.UpdateFilter;
import dev.osimage.operator.runtime.Health;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.javaoperatorsdk.operator.Operator;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator. Settings come from the environment, see {@link Settings}. */
public final class Main {

  private static final Logger LOG = LoggerFactory.getLogger(Main.class);

  /** Shorter than the pod's grace period; a reconciliation takes seconds, builds go on anyway. */
  private static final Duration TERMINATION = Duration.ofSeconds(20);

  private Main() {}

  public static void main(String[] args) throws IOException {
    var settings = Settings.from(System.getenv());
    // A node that does not answer holds one look up for seconds, not for minutes.
    var config = new ConfigBuilder().withRequestRetryBackoffLimit(2).build();
    var client = new KubernetesClientBuilder().withConfig(config).build();
    var operator =
        new Operator(overrider ->
            overrider
                .withKubernetesClient(client)
                .withCloseClientOnStop(true)
                .withConcurrentReconciliationThreads(16)
                .withReconciliationTerminationTimeout(TERMINATION));
    operator.register(
        new OsImageReconciler(client, settings, Clock.systemUTC()),
        overrider -> overrider.withOnUpdateFilter(UpdateFilter::accept));
    var runtime = operator.getRuntimeInfo();
    // Before the start, which waits for the caches: the endpoints say that it is not ready yet.
    Health.serve(
        settings.healthPort(), () -> runtime.isStarted() && runtime.allEventSourcesAreHealthy());
    operator.installShutdownHook(TERMINATION);
    try {
      operator.start();
      LOG.info("started; builder image {}", settings.builderImage());
    } catch (RuntimeException e) {
      LOG.error("the operator can't start", e);
      System.exit(1);
    }
  }
}
