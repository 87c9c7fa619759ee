package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.failed;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.observed;
import static dev.osimage.operator.osimage.Examples.pending;
import static dev.osimage.operator.osimage.Examples.running;
import static dev.osimage.operator.osimage.Examples.succeeded;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.image.RegistryTask;
import dev.osimage.operator.runtime.BuildMetrics;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of attempts is counted, and each once. */
class AttemptMeterTest {

  private static final Attempt.Failed LATE =
      new Attempt.Failed(Reason.PENDING_TIMEOUT, "it did not start", NOW);

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final AttemptMeter meter = new AttemptMeter(new BuildMetrics(registry, 10));

  private static Attempt unrecorded(Attempt.State state) {
    var attempt = attempt(A, 1, 1, state);
    return new Attempt(
        attempt.job(),
        attempt.identity(),
        attempt.publicationHash(),
        Requests.NONE,
        attempt.number(),
        1,
        attempt.generation(),
        attempt.createdAt(),
        attempt.deleting(),
        attempt.podAlive(),
        false,
        null,
        state);
  }

  /** The builder's pod of an attempt, which was made a minute before now. */
  private static Pod pod(Attempt attempt, ContainerState builder) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("pod")
        .addNewOwnerReference()
        .withKind("Job")
        .withName(attempt.job())
        .endOwnerReference()
        .endMetadata()
        .withNewStatus()
        .addNewContainerStatus()
        .withName("proxy")
        .endContainerStatus()
        .addNewContainerStatus()
        .withName(JobPod.CONTAINER)
        .withState(builder)
        .endContainerStatus()
        .endStatus()
        .build();
  }

  private static ContainerState ranFor(int pending, int running) {
    Instant begin = NOW.minusSeconds(60).plusSeconds(pending);
    return new ContainerStateBuilder()
        .withNewTerminated()
        .withStartedAt(begin.toString())
        .withFinishedAt(begin.plusSeconds(running).toString())
        .endTerminated()
        .build();
  }

  private void count(Decision decision, Attempt attempt, Pod... pods) {
    meter.count(
        image(A, 1), observed(A, 1, OsImageStatus.empty(), attempt), decision, List.of(pods));
  }

  private void assertCounted(String... lines) {
    assertThat(registry.scrape().lines().toList()).contains(lines);
  }

  @Test
  void aSuccessIsCountedOnceWithItsBytesAndTimes() {
    var attempt = unrecorded(succeeded(A));
    var decision = new Decision.Published(Optional.of(attempt));

    count(decision, attempt, pod(attempt, ranFor(8, 20)));
    count(decision, attempt, pod(attempt, ranFor(8, 20)));

    assertCounted(
        "osimage_builds_total{reason=\"Succeeded\",result=\"succeeded\"} 1.0",
        "osimage_published_bytes_total 300.0",
        "osimage_build_duration_seconds_sum{step=\"pending\"} 8.0",
        "osimage_build_duration_seconds_sum{step=\"running\"} 20.0");
  }

  @Test
  void aTaskIsCountedOnceWhenItHasEnded() {
    var end = Optional.of(new Task.End(NOW, Reason.ARTIFACT_LOST, "it is gone", Optional.empty()));

    meter.count(List.of(task("looks", Optional.empty()), task("looked", end)));
    meter.count(List.of(task("looked", end)));

    assertThat(registry.scrape().lines().filter(line -> line.startsWith("osimage_registry_tasks_")))
        .containsExactly(
            "osimage_registry_tasks_total{reason=\"ArtifactLost\",task=\"check\"} 1.0");
  }

  private static Task task(String job, Optional<Task.End> end) {
    return new Task(
        job, RegistryTask.Kind.CHECK, "look", List.of(), null, null, NOW, true, false, end);
  }

  @Test
  void aFailureIsCountedByItsReasonAlsoWhenItsPodIsGone() {
    var attempt = unrecorded(failed(Reason.BUILDER_LOST));

    count(new Decision.Start(2), attempt);

    assertCounted(
        "osimage_builds_total{reason=\"BuilderLost\",result=\"failed\"} 1.0",
        "osimage_build_retries_total 1.0",
        "osimage_build_duration_seconds_count{step=\"pending\"} 0",
        "osimage_build_duration_seconds_count{step=\"running\"} 0");
  }

  @Test
  void aBuilderThatDidNotStartInTimeWaitedUntilNow() {
    var attempt = unrecorded(pending());

    count(new Decision.Expire(attempt, LATE), attempt);
    count(new Decision.Expire(attempt, LATE), attempt);

    assertCounted(
        "osimage_builds_total{reason=\"PendingTimeout\",result=\"failed\"} 1.0",
        "osimage_build_duration_seconds_sum{step=\"pending\"} 60.0");
  }

  @Test
  void whatIsCancelledIsCountedAsThatWhateverBecomesOfItThen() {
    var attempt = unrecorded(running());

    count(new Decision.Cancel(List.of(attempt)), attempt);
    var lost = unrecorded(failed(Reason.BUILDER_LOST));
    count(new Decision.Cancel(List.of(lost)), lost);

    assertCounted("osimage_builds_total{reason=\"Cancelled\",result=\"cancelled\"} 1.0");
    assertThat(registry.scrape()).doesNotContain("BuilderLost");
  }

  @Test
  void whatIsRecordedWasCountedBefore() {
    count(new Decision.Published(Optional.empty()), attempt(A, 1, 1, succeeded(A)));

    assertThat(registry.scrape()).doesNotContain("osimage_builds_total{");
  }

  @Test
  void anObjectTellsWhenItsArtifactWasPublished() {
    var attempt = attempt(A, 1, 1, succeeded(A));
    var decision = new Decision.Published(Optional.of(attempt));
    var status =
        Report.status(
            image(A, 1),
            observed(A, 1, OsImageStatus.empty(), attempt),
            decision,
            Chore.Nothing.EVER);

    meter.count(image(A, 1), observed(A, 1, status, attempt), decision, List.of());

    assertCounted(
        "osimage_last_success_timestamp_seconds{name=\"debian\",namespace=\"images\"} "
            + (double) Instant.parse(Examples.FINISHED).getEpochSecond());
  }
}
