package dev.osimage.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.api.OsImage;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.api.monitoring.Metrics.ControllerExecution;
import io.javaoperatorsdk.operator.api.reconciler.Constants;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class ReconcileMetricsTest {

  private static final Map<String, Object> METADATA = Map.of(Constants.CONTROLLER_NAME, "osimage");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final List<ResourceID> gone = new ArrayList<>();
  private final ReconcileMetrics metrics = new ReconcileMetrics(registry, gone::add);

  private static OsImage image(String name) {
    var image = new OsImage();
    image.setMetadata(new ObjectMetaBuilder().withNamespace("default").withName(name).build());
    return image;
  }

  private static RetryInfo retry(int attempt) {
    return new RetryInfo() {
      @Override
      public int getAttemptCount() {
        return attempt;
      }

      @Override
      public boolean isLastAttempt() {
        return false;
      }
    };
  }

  private static ControllerExecution<String> execution(Callable<String> work) {
    return new ControllerExecution<>() {
      @Override
      public String name() {
        return "reconcile";
      }

      @Override
      public String controllerName() {
        return "osimage";
      }

      @Override
      public String successTypeName(String result) {
        return result;
      }

      @Override
      public ResourceID resourceID() {
        return new ResourceID("a", "default");
      }

      @Override
      public Map<String, Object> metadata() {
        return METADATA;
      }

      @Override
      public String execute() throws Exception {
        return work.call();
      }
    };
  }

  private String value(String metric) {
    return registry
        .scrape()
        .lines()
        .filter(line -> line.startsWith(metric + "{controller_name=\"osimage\"}"))
        .map(line -> line.substring(line.indexOf(' ') + 1))
        .findFirst()
        .orElse("absent");
  }

  @Test
  void aLookIsCountedFromTheQueueToItsEnd() throws Exception {
    metrics.reconcileCustomResource(image("a"), null, METADATA);
    assertThat(value("reconciliations_started_total")).isEqualTo("1.0");
    assertThat(value("reconciliations_queue")).isEqualTo("1.0");

    metrics.reconciliationExecutionStarted(image("a"), METADATA);
    assertThat(value("reconciliations_queue")).isEqualTo("0.0");
    var active = metrics.timeControllerExecution(execution(() -> value("reconciliations_active")));
    metrics.finishedReconciliation(image("a"), METADATA);

    assertThat(active).isEqualTo("1.0");
    assertThat(value("reconciliations_active")).isEqualTo("0.0");
    assertThat(value("reconciliations_success_total")).isEqualTo("1.0");
    assertThat(value("reconciliations_execution_duration_seconds_count")).isEqualTo("1");
  }

  @Test
  void aFailureIsTimedAsWellAndItsRepetitionIsARetry() {
    assertThatThrownBy(() ->
            metrics.timeControllerExecution(
                execution(() -> {
                  throw new IllegalStateException("broken");
                })))
        .hasMessage("broken");
    metrics.failedReconciliation(image("a"), new IllegalStateException("broken"), METADATA);
    metrics.reconcileCustomResource(image("a"), retry(1), METADATA);
    metrics.reconcileCustomResource(image("a"), retry(0), METADATA);

    assertThat(value("reconciliations_active")).isEqualTo("0.0");
    assertThat(value("reconciliations_failure_total")).isEqualTo("1.0");
    assertThat(value("reconciliations_retries_total")).isEqualTo("1.0");
    assertThat(value("reconciliations_execution_duration_seconds_count")).isEqualTo("1");
  }

  @Test
  void anObjectThatIsDeletedWhileItWaitsLeavesTheQueue() {
    metrics.reconcileCustomResource(image("a"), null, METADATA);
    metrics.cleanupDoneFor(new ResourceID("a", "default"), METADATA);

    assertThat(value("reconciliations_queue")).isEqualTo("0.0");
    assertThat(gone).containsExactly(new ResourceID("a", "default"));
  }
}
