package dev.osimage.operator.runtime;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What became of builds and of tasks: how many, how long, how much. docs/metrics.md lists all. */
public final class BuildMetrics {

  private static final Duration[] BUCKETS = {
    Duration.ofSeconds(1),
    Duration.ofSeconds(2),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30),
    Duration.ofMinutes(1),
    Duration.ofMinutes(2),
    Duration.ofMinutes(5),
    Duration.ofMinutes(10),
    Duration.ofMinutes(30),
    Duration.ofHours(1)
  };

  /** How an attempt ended. */
  public enum Result {
    SUCCEEDED("succeeded"),
    FAILED("failed"),
    /** Ended by the operator, because something else is wanted by now. */
    CANCELLED("cancelled");

    private final String label;

    Result(String label) {
      this.label = label;
    }
  }

  /** What a builder pod spends its time with. */
  public enum Step {
    /** Until the builder runs. */
    PENDING("pending"),
    /** While the builder runs. */
    RUNNING("running");

    private final String label;

    Step(String label) {
      this.label = label;
    }
  }

  private record ObjectName(String namespace, String name) {}

  private record Success(Gauge gauge, AtomicLong seconds) {}

  private final MeterRegistry registry;
  private final int maxObjects;
  private final Counter retries;
  private final Counter published;
  private final AtomicInteger queueLength = new AtomicInteger();
  private final Timer queueWait;
  private final Map<ObjectName, Success> successes = new HashMap<>();

  /**
   * Counts into {@code registry}. No more than {@code maxObjects} objects get a metric of their
   * own: those that are seen first.
   */
  public BuildMetrics(MeterRegistry registry, int maxObjects) {
    this.registry = registry;
    this.maxObjects = maxObjects;
    retries = Counter.builder("osimage.build.retries").register(registry);
    published = Counter.builder("osimage.published").baseUnit("bytes").register(registry);
    Gauge.builder("osimage.queue.length", queueLength::get).register(registry);
    queueWait =
        Timer.builder("osimage.queue.wait").serviceLevelObjectives(BUCKETS).register(registry);
    for (var step : Step.values()) {
      took(step);
    }
  }

  /** An attempt was started that is not the first at its spec. */
  public void retried() {
    retries.increment();
  }

  /** An attempt ended; {@code reason} is a word of the conditions. */
  public void ended(Result result, String reason) {
    Counter.builder("osimage.builds")
        .tag("result", result.label)
        .tag("reason", reason)
        .register(registry)
        .increment();
  }

  /** A task at a registry ended; {@code task} is its kind, {@code reason} what came of it. */
  public void taskEnded(String task, String reason) {
    Counter.builder("osimage.registry.tasks")
        .tag("task", task)
        .tag("reason", reason)
        .register(registry)
        .increment();
  }

  /** A deleted object was let go, with or without leaving in its registry what was to go. */
  public void letGo(boolean leftBehind) {
    Counter.builder("osimage.deletions")
        .tag("result", leftBehind ? "left" : "removed")
        .register(registry)
        .increment();
  }

  /** A step of an attempt is over; a negative time, of two clocks that differ, is left out. */
  public void took(Step step, Duration time) {
    took(step).record(time);
  }

  private Timer took(Step step) {
    return Timer.builder("osimage.build.duration")
        .tag("step", step.label)
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  /** An artifact of this size was published. */
  public void published(long bytes) {
    published.increment((double) bytes);
  }

  /** When the artifact that an object has was published. */
  public synchronized void lastSuccess(String namespace, String name, Instant at) {
    var object = new ObjectName(namespace, name);
    if (successes.size() < maxObjects || successes.containsKey(object)) {
      successes.computeIfAbsent(object, this::success).seconds().set(at.getEpochSecond());
    }
  }

  private Success success(ObjectName object) {
    var seconds = new AtomicLong();
    var gauge =
        Gauge.builder("osimage.last.success.timestamp", seconds::get)
            .baseUnit("seconds")
            .tag("namespace", object.namespace())
            .tag("name", object.name())
            .register(registry);
    return new Success(gauge, seconds);
  }

  /** An object is deleted. */
  public synchronized void gone(String namespace, String name) {
    var success = successes.remove(new ObjectName(namespace, name));
    if (success != null) {
      registry.remove(success.gauge());
    }
  }

  /** So many objects wait for their turn now. */
  public void queueLength(int objects) {
    queueLength.set(objects);
  }

  /** An object's turn came after this time. */
  public void waited(Duration inQueue) {
    queueWait.record(inQueue);
  }
}
