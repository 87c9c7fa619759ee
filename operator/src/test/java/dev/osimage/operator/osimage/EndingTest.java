package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.buildable;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.observed;
import static dev.osimage.operator.osimage.Pods.CREATED;
import static dev.osimage.operator.osimage.Pods.pod;
import static dev.osimage.operator.osimage.Pods.runs;
import static dev.osimage.operator.osimage.Pods.terminated;
import static dev.osimage.operator.osimage.Pods.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.image.Termination;
import dev.osimage.image.Wire;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Why a builder went away, and whether its attempt goes on. */
class EndingTest {

  private static final String DISRUPTED = "2026-03-01T11:59:00Z";

  private static Attempt.Failed failure(Pod pod) {
    return Ending.of(pod, NOW);
  }

  private static Pod disrupted(Pod pod) {
    return with(
        pod, "DisruptionTarget", "EvictionByEvictionAPI", "Eviction API: evicting", DISRUPTED);
  }

  private static Attempt read(Pod... pods) {
    var job = BuildJob.job(image(A, 7), buildable(A), 3, 1, SETTINGS);
    job.getMetadata().setCreationTimestamp(CREATED);
    return read(job, new Waiting(object -> Optional.empty()), pods);
  }

  private static Attempt read(Job job, Waiting waiting, Pod... pods) {
    return new AttemptReader(pod -> List.of(), waiting).read(job, List.of(pods), NOW);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "137 | OOMKilled  | BuilderOutOfMemory | builder.resources",
        "3   | Error      | BuilderOutOfMemory | builder.resources",
        "137 | Error      | BuilderLost        | it was killed",
        "143 | Error      | BuilderLost        | it was killed",
        "1   | Error      | BuilderLost        | exit code 1",
        "128 | StartError | BuilderLost        | exit code 128"
      })
  void aBuilderThatSaidNothingIsDescribedByHowItEnded(
      int exitCode, String reason, String expected, String words) {
    var failed = failure(pod("Failed", terminated(exitCode, reason, "")));

    assertThat(failed.reason().text()).isEqualTo(expected);
    assertThat(failed.message()).contains(words);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "failed to create containerd task: exec format error",
        "{\"version\":1,\"reason\":\"DigestMismatch\",\"mess",
        "{}",
        "[]",
        "{\"version\":1,\"reason\":\"Succeeded\",\"message\":\"\"}"
      })
  void aTerminationMessageThatIsNoneLeavesAFailureThatIsTriedAgain(String message) {
    assertThat(failure(pod("Failed", terminated(1, "Error", message))).reason())
        .isEqualTo(Reason.BUILDER_LOST);
  }

  @ParameterizedTest
  @CsvSource({"256Mi, 512Mi", "1Gi, 2Gi", "1.5Gi, 3Gi", "100000000, 200000000"})
  void wantOfMemoryIsToldWithTheLimitAndWhatToSet(String limit, String suggestion) {
    var pod =
        new PodBuilder(pod("Failed", terminated(137, "OOMKilled", "")))
            .withNewSpec()
            .addNewContainer()
            .withName("proxy")
            .endContainer()
            .addNewContainer()
            .withName("builder")
            .withNewResources()
            .withLimits(Map.of("memory", new Quantity(limit)))
            .endResources()
            .endContainer()
            .endSpec()
            .build();

    assertThat(failure(pod).message())
        .isEqualTo(
            ("the builder needed more memory than its limit of %s; set"
                    + " builder.resources.limits.memory of the chart to %s or more")
                .formatted(limit, suggestion));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "Evicted | The node was low on resource: memory. Container builder was using 300Mi, request is 128Mi, has larger consumption of memory. | PodDisrupted | low on resource: memory",
        "Evicted | The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi | PodDisrupted | low on resource",
        "Evicted | Usage of EmptyDir volume \"tmp\" exceeds the limit \"1Gi\". | BuilderLost | Usage of EmptyDir volume",
        "Evicted | Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. | BuilderLost | ephemeral local storage",
        "Evicted | Container builder exceeded its local ephemeral storage limit \"1Gi\". | BuilderLost | local ephemeral storage limit",
        "Preempting | Preempted in order to admit critical pod | PodDisrupted | admit critical pod",
        "NodeLost | Node n1 which was running pod a is unresponsive | PodDisrupted | unresponsive",
        "Terminated | Pod was terminated in response to imminent node shutdown. | PodDisrupted | node shutdown",
        "OutOfmemory | Pod was rejected: Node didn't have enough resource: memory | Unschedulable | enough resource: memory",
        "DeadlineExceeded | Pod was active on the node longer than the specified deadline | BuildTimeout | pendingTimeout and timeout"
      })
  void whatTheClusterSaysOfAPodDecides(
      String reason, String message, String expected, String words) {
    for (var state : List.of(new ContainerState(), terminated(137, "Error", ""))) {
      var failed = failure(with(pod("Failed", state), reason, message));

      assertThat(failed.reason().text()).isEqualTo(expected);
      assertThat(failed.message()).contains(words);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "PreemptionByScheduler, default-scheduler: preempting to accommodate a higher priority pod",
    "DeletionByTaintManager, Taint manager: deleting due to NoExecute taint",
    "DeletionByPodGC, PodGC: node no longer exists",
    "EvictionByEvictionAPI, Eviction API: evicting",
    "TerminationByKubelet, The node was low on resource: ephemeral-storage"
  })
  void aDisruptionIsToldInTheClustersWords(String reason, String message) {
    var pod =
        with(pod("Failed", new ContainerState()), "DisruptionTarget", reason, message, DISRUPTED);

    assertThat(failure(pod).reason()).isEqualTo(Reason.POD_DISRUPTED);
    assertThat(failure(pod).message()).contains(message);
  }

  @Test
  void theBuildersOwnWordsCountMoreThanAllOthers() {
    var said = Termination.failure(Reason.DIGEST_MISMATCH, "kernel: " + "x".repeat(2000));
    var json = new String(Wire.write(said), StandardCharsets.UTF_8);
    var pod = with(disrupted(pod("Failed", terminated(2, "Error", json))), "Evicted", "low");

    assertThat(failure(pod))
        .isEqualTo(new Attempt.Failed(Reason.DIGEST_MISMATCH, said.message(), NOW));
  }

  @Test
  void aPodThatSomebodyDeletedIsNotJustKilled() {
    var pod = pod("Failed", terminated(143, "Error", ""));
    pod.getMetadata().setDeletionTimestamp(DISRUPTED);

    assertThat(failure(pod).message()).contains("deleted its pod");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Running", "Failed"})
  void anAttemptWhosePodTheClusterEndsWaitsForTheNextPod(String phase) {
    var state = phase.equals("Running") ? runs() : terminated(143, "Error", "");
    var attempt = read(disrupted(pod(phase, state)));

    assertThat(attempt.active()).isTrue();
    assertThat(attempt.state())
        .isEqualTo(
            new Attempt.Pending(
                Reason.POD_DISRUPTED,
                "the cluster ended the builder pod, and another one follows: Eviction API:"
                    + " evicting"));
    assertThat(attempt.createdAt())
        .as("however long it had run, the next pod has its time")
        .isEqualTo(Instant.parse(DISRUPTED));
  }

  @Test
  void aNextPodThatIsRefusedSaysSo() {
    var job = BuildJob.job(image(A, 7), buildable(A), 3, 1, SETTINGS);
    job.getMetadata().setCreationTimestamp(CREATED);
    var refused =
        new Waiting(object -> Optional.of(Pods.warning("Error creating: exceeded quota: small")));
    var attempt = read(job, refused, disrupted(pod("Failed", terminated(143, "Error", ""))));

    assertThat(attempt.state())
        .isEqualTo(
            new Attempt.Pending(
                Reason.QUOTA_EXCEEDED,
                "the cluster refuses the builder pod: exceeded quota: small"));
  }

  @Test
  void anAttemptThatGoesOnInAnotherPodSaysWhatBecameOfTheFirst() {
    var attempt =
        read(pod("Running", runs()), disrupted(pod("Failed", terminated(143, "Error", ""))));
    var status = Examples.report(A, 7, OsImageStatus.empty(), attempt);

    assertThat(attempt.state()).isEqualTo(new Attempt.Running(null));
    assertThat(status.effectiveConditions())
        .allSatisfy(condition -> {
          assertThat(condition.reason()).isEqualTo("Building");
          assertThat(condition.message())
              .contains("runs as Job", "ended its earlier pod: Eviction API: evicting");
        });
  }

  @Test
  void aDisruptedAttemptOfWhichNoPodFollowsIsGivenUp() {
    var disrupted = new Attempt.Pending(Reason.POD_DISRUPTED, "Taint manager: deleting");
    var attempt = Examples.createdAt(attempt(A, 1, 1, disrupted), NOW.minusSeconds(15 * 60 + 1));

    assertThat(Decide.decide(observed(A, 1, OsImageStatus.empty(), attempt), SETTINGS))
        .isInstanceOfSatisfying(
            Decision.Expire.class,
            expire -> assertThat(expire.failure().reason()).isEqualTo(Reason.POD_DISRUPTED));
  }
}
