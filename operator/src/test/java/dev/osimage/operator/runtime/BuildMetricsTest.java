package dev.osimage.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.operator.runtime.BuildMetrics.Result;
import dev.osimage.operator.runtime.BuildMetrics.Step;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BuildMetricsTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final BuildMetrics metrics = new BuildMetrics(registry, 2);

  @Test
  void buildsAreCountedByResultAndReason() {
    metrics.ended(Result.SUCCEEDED, "Succeeded");
    metrics.ended(Result.FAILED, "BuilderLost");
    metrics.ended(Result.FAILED, "BuilderLost");

    assertThat(registry.scrape())
        .contains("osimage_builds_total{reason=\"Succeeded\",result=\"succeeded\"} 1.0")
        .contains("osimage_builds_total{reason=\"BuilderLost\",result=\"failed\"} 2.0");
  }

  @Test
  void aStepFallsIntoTheBucketOfItsLength() {
    metrics.took(Step.RUNNING, Duration.ofSeconds(7));

    assertThat(registry.scrape())
        .contains("osimage_build_duration_seconds_bucket{step=\"running\",le=\"5.0\"} 0")
        .contains("osimage_build_duration_seconds_bucket{step=\"running\",le=\"10.0\"} 1")
        .contains("osimage_build_duration_seconds_sum{step=\"running\"} 7.0")
        .contains("osimage_build_duration_seconds_count{step=\"pending\"} 0");
  }

  @Test
  void aTimeOfTwoClocksThatDifferIsLeftOut() {
    metrics.took(Step.PENDING, Duration.ofSeconds(-3));

    assertThat(registry.scrape())
        .contains("osimage_build_duration_seconds_count{step=\"pending\"} 0");
  }

  @Test
  void noMoreObjectsThanTheCapHaveAMetricOfTheirOwn() {
    metrics.lastSuccess("default", "a", NOON);
    metrics.lastSuccess("default", "b", NOON);
    metrics.lastSuccess("default", "c", NOON);
    metrics.lastSuccess("default", "a", NOON.plusSeconds(1));

    assertThat(registry.scrape().lines().filter(line -> line.startsWith("osimage_last_success")))
        .containsExactlyInAnyOrder(
            line("a", NOON.getEpochSecond() + 1), line("b", NOON.getEpochSecond()));
  }

  @Test
  void aDeletedObjectLeavesItsPlaceToAnother() {
    metrics.lastSuccess("default", "a", NOON);
    metrics.lastSuccess("default", "b", NOON);
    metrics.gone("default", "a");
    metrics.gone("default", "never-seen");
    metrics.lastSuccess("default", "c", NOON);

    assertThat(registry.scrape().lines().filter(line -> line.startsWith("osimage_last_success")))
        .containsExactlyInAnyOrder(
            line("b", NOON.getEpochSecond()), line("c", NOON.getEpochSecond()));
  }

  private static String line(String name, long seconds) {
    return "osimage_last_success_timestamp_seconds{name=\"%s\",namespace=\"default\"} %s"
        .formatted(name, (double) seconds);
  }

  @Test
  void theQueueTellsItsLengthAndHowLongItTook() {
    metrics.queueLength(3);
    metrics.waited(Duration.ofMinutes(1));

    assertThat(registry.scrape())
        .contains("osimage_queue_length 3.0")
        .contains("osimage_queue_wait_seconds_sum 60.0");
  }
}
