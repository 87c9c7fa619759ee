package dev.osimage.operator.runtime;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.Constants;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.processing.Controller;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the SDK does, under the names that its own micrometer support has from 5.3 on, so that
 * dashboards outlive the upgrade. Never by object: their number has no bound.
 */
public final class ReconcileMetrics implements Metrics {

  private static final Duration[] BUCKETS = {
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(2),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30)
  };

  private final MeterRegistry registry;
  private final Consumer<ResourceID> gone;
  private final Map<String, Meters> meters = new ConcurrentHashMap<>();

  /** Counts into {@code registry}; {@code gone} is told of every object that is deleted. */
  public ReconcileMetrics(MeterRegistry registry, Consumer<ResourceID> gone) {
    this.registry = registry;
    this.gone = gone;
  }

  /**
   * The meters of one controller. What waits is a set and not a number, because the SDK may drop an
   * execution without a word when its object is gone.
   */
  private record Meters(
      Counter started,
      Counter success,
      Counter failure,
      Counter retries,
      Timer duration,
      Set<ResourceID> waiting,
      AtomicInteger active) {

    static Meters of(String controller, MeterRegistry registry) {
      Set<ResourceID> waiting = ConcurrentHashMap.newKeySet();
      var active = new AtomicInteger();
      gauge("reconciliations.queue", waiting::size, controller, registry);
      gauge("reconciliations.active", active::get, controller, registry);
      return new Meters(
          counter("reconciliations.started", controller, registry),
          counter("reconciliations.success", controller, registry),
          counter("reconciliations.failure", controller, registry),
          counter("reconciliations.retries", controller, registry),
          Timer.builder("reconciliations.execution.duration")
              .tag("controller.name", controller)
              .serviceLevelObjectives(BUCKETS)
              .register(registry),
          waiting,
          active);
    }

    private static Counter counter(String name, String controller, MeterRegistry registry) {
      return Counter.builder(name).tag("controller.name", controller).register(registry);
    }

    private static void gauge(
        String name, Supplier<Number> value, String controller, MeterRegistry registry) {
      Gauge.builder(name, value).tag("controller.name", controller).register(registry);
    }
  }

  private Meters of(String controller) {
    return meters.computeIfAbsent(controller, name -> Meters.of(name, registry));
  }

  private Meters of(Map<String, Object> metadata) {
    return of(String.valueOf(metadata.get(Constants.CONTROLLER_NAME)));
  }

  @Override
  public void controllerRegistered(Controller<? extends HasMetadata> controller) {
    // So that everything is there from the start, with the value 0.
    of(controller.getConfiguration().getName());
  }

  @Override
  public void reconcileCustomResource(
      HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
    var counts = of(metadata);
    counts.started().increment();
    if (retry != null && retry.getAttemptCount() > 0) {
      counts.retries().increment();
    }
    counts.waiting().add(ResourceID.fromResource(resource));
  }

  @Override
  public void reconciliationExecutionStarted(HasMetadata resource, Map<String, Object> metadata) {
    of(metadata).waiting().remove(ResourceID.fromResource(resource));
  }

  @Override
  public void finishedReconciliation(HasMetadata resource, Map<String, Object> metadata) {
    of(metadata).success().increment();
  }

  @Override
  public void failedReconciliation(
      HasMetadata resource, Exception exception, Map<String, Object> metadata) {
    of(metadata).failure().increment();
  }

  @Override
  public void cleanupDoneFor(ResourceID id, Map<String, Object> metadata) {
    of(metadata).waiting().remove(id);
    gone.accept(id);
  }

  @Override
  public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
    var counts = of(execution.controllerName());
    counts.active().incrementAndGet();
    long begin = System.nanoTime();
    try {
      return execution.execute();
    } finally {
      counts.duration().record(Duration.ofNanos(System.nanoTime() - begin));
      counts.active().decrementAndGet();
    }
  }
}
