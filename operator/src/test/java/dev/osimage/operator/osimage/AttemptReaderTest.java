package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.buildable;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Pods.CREATED;
import static dev.osimage.operator.osimage.Pods.pod;
import static dev.osimage.operator.osimage.Pods.runs;
import static dev.osimage.operator.osimage.Pods.terminated;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.Termination;
import dev.osimage.image.Wire;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where an attempt stands, from what the API server tells of its Job, its pod and its log. */
class AttemptReaderTest {

  private static final String ENDED = "2026-03-01T11:30:00Z";
  private static final BuilderLine.Result RESULT = Examples.result(buildable(A).plan());

  private static Job job() {
    var job = BuildJob.job(image(A, 7), buildable(A), 3, 1, SETTINGS);
    job.getMetadata().setCreationTimestamp(CREATED);
    return job;
  }

  private static Job job(String condition) {
    return new JobBuilder(job())
        .withNewStatus()
        .addNewCondition()
        .withType(condition)
        .withStatus("True")
        .withLastTransitionTime(ENDED)
        .endCondition()
        .endStatus()
        .build();
  }

  private static Job recorded(Job job, Attempt.State state) {
    return new JobBuilder(job)
        .editMetadata()
        .addToAnnotations(Labels.OUTCOME, Outcome.write(state))
        .endMetadata()
        .build();
  }

  private static String json(Object value) {
    return new String(Wire.write(value), StandardCharsets.UTF_8);
  }

  private static Attempt read(Job job, Pod pod, String... log) {
    return reader(p -> List.of(log)).read(job, List.of(pod), NOW);
  }

  private static Attempt read(Job job) {
    return reader(p -> List.of()).read(job, List.of(), NOW);
  }

  private static AttemptReader reader(Function<Pod, List<String>> log) {
    return new AttemptReader(log, new Waiting(object -> Optional.empty()));
  }

  private static Attempt.Failed failure(Attempt attempt) {
    if (attempt.state() instanceof Attempt.Failed failed) {
      return failed;
    }
    throw new AssertionError("has not failed: " + attempt.state());
  }

  @Test
  void theJobCarriesWhatTheOperatorForgetsAtARestart() {
    var attempt = read(job());

    assertThat(attempt.job()).isEqualTo(job().getMetadata().getName());
    assertThat(attempt.identity()).isEqualTo(buildable(A).identity());
    assertThat(attempt.publicationHash()).isEqualTo(buildable(A).publicationHash());
    assertThat(attempt.number()).isEqualTo(3);
    assertThat(attempt.generation()).isEqualTo(7);
    assertThat(attempt.createdAt()).isEqualTo(Instant.parse(CREATED));
    assertThat(attempt.recorded()).isFalse();
    assertThat(attempt.state())
        .isEqualTo(
            new Attempt.Pending(
                Reason.PENDING,
                "there is no pod yet; kubectl describe job %s may say why"
                    .formatted(attempt.job())));
  }

  @Test
  void theNewestProgressLineOfARunningBuilderCounts() {
    var old = new BuilderLine.Progress(0, 3, 10, null);
    var now = new BuilderLine.Progress(1, 3, 20, 100L);
    var attempt =
        read(
            job(),
            pod("Running", runs()),
            json(old),
            "a log line",
            json(now),
            "{\"level\":\"INFO\"}");

    assertThat(attempt.state()).isEqualTo(new Attempt.Running(now));
    assertThat(attempt.active()).isTrue();
  }

  @Test
  void aRunningBuilderNeedNotHaveSaidAnything() {
    assertThat(read(job(), pod("Running", runs())).state()).isEqualTo(new Attempt.Running(null));
  }

  @Test
  void aBuilderThatEndedIsOnItsWayUntilItsJobSaysSo() {
    var pod = pod("Succeeded", terminated(0, "Completed", ""));

    assertThat(read(job(), pod, json(RESULT)).active()).isTrue();
  }

  @Test
  void aCompleteJobHasTheResultFromTheLog() {
    var pod = pod("Succeeded", terminated(0, "Completed", ""));
    var attempt = read(job("Complete"), pod, "starting", json(RESULT), "shutting down");

    assertThat(attempt.state()).isEqualTo(new Attempt.Succeeded(RESULT));
    assertThat(attempt.finished()).isTrue();
  }

  @Test
  void aResultThatCanNotBeReadIsBuiltAgain() {
    var pod = pod("Succeeded", terminated(0, "Completed", ""));

    assertThat(failure(read(job("Complete"), pod)).reason()).isEqualTo(Reason.BUILDER_LOST);
    assertThat(failure(read(job("Complete"))).finishedAt()).isEqualTo(Instant.parse(ENDED));
  }

  @Test
  void aFailedBuilderIsQuotedWithItsExitCodeAndTheEndOfItsLog() {
    var message = json(Termination.failure(Reason.DIGEST_MISMATCH, "kernel: expected x, found y"));
    var pod = pod("Failed", terminated(2, "Error", message));

    assertThat(read(job("Failed"), pod, "reading", "oh no").state())
        .isEqualTo(
            new Attempt.Failed(
                Reason.DIGEST_MISMATCH,
                "kernel: expected x, found y",
                Instant.parse(ENDED),
                new Attempt.Trace(null, 2, "reading\noh no", List.of())));
  }

  @Test
  void aPodThatVanishedIsALostBuilder() {
    assertThat(failure(read(job("Failed"))).reason()).isEqualTo(Reason.BUILDER_LOST);
  }

  @Test
  void aRecordedOutcomeNeedsNeitherPodNorLog() {
    var succeeded = new Attempt.Succeeded(RESULT);
    var attempt = read(recorded(job("Complete"), succeeded));

    assertThat(attempt.state()).isEqualTo(succeeded);
    assertThat(attempt.recorded()).isTrue();
    assertThat(attempt.finished()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Pending", "Running"})
  void aBuilderThatWasGivenUpIsOverOnlyWhenItsPodIsGone(String phase) {
    var givenUp = new Attempt.Failed(Reason.PENDING_TIMEOUT, "late", Instant.parse(ENDED));
    var job = recorded(job(), givenUp);

    assertThat(read(job, pod(phase, runs())).finished()).isFalse();
    assertThat(read(job, pod("Failed", terminated(137, "Error", ""))).finished()).isTrue();
    assertThat(read(job).finished()).isTrue();
  }

  @Test
  void aNodeThatCanNotBeAskedForProgressStopsNothing() {
    var reader =
        reader(pod -> {
          throw new KubernetesClientException("no route to the node");
        });
    var attempt = reader.read(job(), List.of(pod("Running", runs())), NOW);

    assertThat(attempt.state()).isEqualTo(new Attempt.Running(null));
  }

  @Test
  void aResultThatCanNotBeAskedForNowIsAskedForAgainForAWhile() {
    var reader =
        reader(pod -> {
          throw new KubernetesClientException("no route to the node");
        });
    var pod = List.of(pod("Succeeded", terminated(0, "Completed", "")));

    var ended = Instant.parse(ENDED);
    assertThat(reader.read(job("Complete"), pod, ended.plusSeconds(119)).state())
        .isEqualTo(new Attempt.Running(null));
    assertThat(reader.read(job("Complete"), pod, ended.plusSeconds(121)).state())
        .as("another attempt finds everything in the registry")
        .isInstanceOfSatisfying(
            Attempt.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(Reason.BUILDER_LOST));
  }

  @Test
  void anAttemptThatIsDeletedIsNotOverUntilItIsGone() {
    var job = job();
    job.getMetadata().setDeletionTimestamp(ENDED);
    var attempt = read(job, pod("Running", runs()));

    assertThat(attempt.deleting()).isTrue();
    assertThat(attempt.finished()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Pending", "Running"})
  void theClocksOfAPodThatReplacesAPreemptedOneBeginWithThatPod(String phase) {
    var pod = pod(phase, phase.equals("Running") ? runs() : new ContainerState());
    pod.getMetadata().setCreationTimestamp("2026-03-01T11:59:30Z");
    var job = job();
    job.getMetadata().setCreationTimestamp("2026-03-01T10:00:00Z");
    var attempt = read(job, pod);
    var observed = Examples.observed(A, 7, OsImageStatus.empty(), attempt);

    assertThat(Decide.decide(observed, SETTINGS)).isEqualTo(new Decision.Wait(attempt));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "not JSON"})
  void aGarbledOutcomeIsAFailureAndNotTheEndOfTheObject(String annotation) {
    var job = job("Complete");
    job.getMetadata().getAnnotations().put(Labels.OUTCOME, annotation);

    assertThat(read(job).finished()).isTrue();
  }
}
