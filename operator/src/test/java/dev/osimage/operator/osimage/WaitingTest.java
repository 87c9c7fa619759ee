package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.buildable;
import static dev.osimage.operator.osimage.Examples.createdAt;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.observed;
import static dev.osimage.operator.osimage.Examples.pending;
import static dev.osimage.operator.osimage.Examples.report;
import static dev.osimage.operator.osimage.Examples.with;
import static dev.osimage.operator.osimage.Pods.CREATED;
import static dev.osimage.operator.osimage.Pods.pod;
import static dev.osimage.operator.osimage.Pods.withoutNode;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.osimage.api.Condition;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Why a builder does not run, from what the cluster says; and what follows from that. */
class WaitingTest {

  private static Job job() {
    var job = BuildJob.job(image(A, 7), buildable(A), 3, 1, SETTINGS);
    job.getMetadata().setCreationTimestamp(CREATED);
    return job;
  }

  private static Attempt.Pending waits(Pod pod) {
    return new Waiting(object -> Optional.empty()).of(pod, NOW);
  }

  private static Attempt.Pending waitsWith(Event event, Pod pod) {
    return new Waiting(object -> Optional.of(event)).of(pod, NOW);
  }

  private static Attempt.Pending refused(String message) {
    return new Waiting(object -> Optional.of(Pods.warning(message))).forPod(job(), NOW);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "ErrImagePull | rpc error: code = NotFound desc = x:1: not found | ImagePullFailed | x:1: not found",
        "ImagePullBackOff | Back-off pulling image \"x:1\": ErrImagePull: rpc error: code = NotFound desc = x:1: not found | ImagePullFailed | x:1: not found",
        "ImagePullBackOff | Back-off pulling image \"x:1\" | ImagePullFailed | Back-off pulling image",
        "InvalidImageName | couldn't parse image name \"X\" | ImagePullFailed | couldn't parse",
        "ErrImageNeverPull | Container image \"x\" is not present with pull policy of Never | ImagePullFailed | pull policy of Never",
        "RegistryUnavailable | | ImagePullFailed | RegistryUnavailable",
        "CreateContainerConfigError | secret \"x\" not found | Pending | CreateContainerConfigError: secret \"x\" not found",
        "CreateContainerError | context deadline exceeded | Pending | CreateContainerError: context",
        "PodInitializing | | Pending | PodInitializing",
        "ContainerCreating | | Pending | volumes and image"
      })
  void aContainerThatWaitsSaysWhy(String word, String message, String reason, String words) {
    var pending = waits(pod("Pending", Pods.waits(word, message)));

    assertThat(pending.reason().text()).isEqualTo(reason);
    assertThat(pending.message()).contains(words);
    assertThat(pending.preparing()).isEqualTo(word.equals("ContainerCreating"));
  }

  @Test
  void aPullThatIsTriedAndOneThatPausesAreTheSameStatus() {
    var error = "ErrImagePull: rpc error: code = Unknown desc = 401 Unauthorized";

    assertThat(waits(pod("Pending", Pods.waits("ErrImagePull", error.substring(14)))))
        .isEqualTo(
            waits(
                pod(
                    "Pending",
                    Pods.waits("ImagePullBackOff", "Back-off pulling image \"x\": " + error))));
  }

  @Test
  void aPodThatCanNotBeScheduledSaysWhy() {
    var pod =
        new PodBuilder(withoutNode())
            .editStatus()
            .addNewCondition()
            .withType("PodScheduled")
            .withStatus("False")
            .withMessage("0/3 nodes are available: 3 Insufficient memory.")
            .endCondition()
            .endStatus()
            .build();

    assertThat(waits(pod))
        .isEqualTo(
            new Attempt.Pending(
                Reason.UNSCHEDULABLE, "0/3 nodes are available: 3 Insufficient memory."));
    assertThat(waits(pod).sentence())
        .isEqualTo(
            "0/3 nodes are available: 3 Insufficient memory. If it lasts: add nodes, or change"
                + " builder.resources and node placement of the chart");
  }

  @Test
  void aVolumeThatCanNotBeMountedIsToldByTheNewestEvent() {
    var event = Pods.warning("MountVolume.SetUp failed: configmap \"plan\" not found");
    var pending = waitsWith(event, pod("Pending", Pods.waits("ContainerCreating", "")));

    assertThat(pending.message())
        .isEqualTo(
            "its node prepares volumes and image: MountVolume.SetUp failed: configmap \"plan\" not"
                + " found");
    assertThat(pending.preparing()).isTrue();
  }

  @Test
  void aPodThatItsNodeHasNotNoticedYetIsBeingStarted() {
    assertThat(waits(withoutNode()).message()).isEqualTo("the builder pod is being started");
    assertThat(waitsWith(Pods.normal("Successfully assigned a/b to n1"), withoutNode()).message())
        .contains("assigned a/b to n1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "pods \"a-1-x2x4z\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0 | QuotaExceeded | exceeded quota: small",
        "pods \"a-1-x2x4z\" is forbidden: violates PodSecurity \"restricted:latest\": seccompProfile | PodRefused | violates PodSecurity",
        "pods \"a-1-x2x4z\" is forbidden: maximum memory usage per Container is 64Mi, but limit is 256Mi | PodRefused | maximum memory usage per Container is 64Mi",
        "pods \"a-1-x2x4z\" is forbidden: minimum memory usage per Container is 1Gi, but limit is 256Mi | PodRefused | minimum memory",
        "pods \"a-1-x2x4z\" is forbidden: failed quota: q: must specify limits.cpu for: builder | PodRefused | must specify limits.cpu",
        "admission webhook \"policy.example.com\" denied the request: not from there | PodRefused | not from there",
        "pods \"a-1-x2x4z\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no | PodRefused | denied request: no",
        "Pod \"a-1-x2x4z\" is invalid: spec.containers[0].resources.requests: must be less than or equal to memory limit | PodRefused | less than or equal",
        "Internal error occurred: failed calling webhook \"policy.example.com\": connection refused | Pending | failed calling webhook",
        "pods \"a-1-x2x4z\" is forbidden: error looking up service account a/default: serviceaccount \"default\" not found | Pending | service account",
        "pods \"a-1-x2x4z\" is forbidden: status unknown for quota: small, resources: pods | Pending | status unknown",
        "pods \"a-1-x2x4z\" is forbidden: unable to create new content in namespace a because it is being terminated | Pending | being terminated"
      })
  void aPodThatIsRefusedSaysByWhom(String message, String reason, String words) {
    var pending = refused("Error creating: " + message);

    assertThat(pending.reason().text()).isEqualTo(reason);
    assertThat(pending.message()).contains(words).doesNotContain("x2x4z", "Error creating");
    assertThat(pending)
        .as("an event that stands for many says the same")
        .isEqualTo(refused("(combined from similar events): Error creating: " + message));
  }

  @Test
  void onlyAWarningIsARefusal() {
    var pending =
        new Waiting(object -> Optional.of(Pods.normal("Created pod: a-1-x2x4z")))
            .forPod(job(), NOW);

    assertThat(pending.message()).startsWith("there is no pod yet");
  }

  @Test
  void nobodyIsAskedForEventsInTheFirstSeconds() {
    var asked = new AtomicInteger();
    var waiting =
        new Waiting(object -> {
          asked.incrementAndGet();
          return Optional.empty();
        });
    var created = Instant.parse(CREATED);
    waiting.forPod(job(), created.plusSeconds(3));
    waiting.of(withoutNode(), created.plusSeconds(3));

    assertThat(asked).hasValue(0);
    waiting.forPod(job(), created.plusSeconds(4));
    assertThat(asked).hasValue(1);
  }

  @Test
  void whatTheClusterSaysHasABound() {
    assertThat(refused("x".repeat(10_000)).message()).hasSizeLessThan(1100);
    assertThat(ClusterText.of("\uD83D\uDCBE".repeat(2_000)))
        .as("no half a character")
        .endsWith("\uD83D\uDCBE…");
  }

  @ParameterizedTest
  @EnumSource(
      value = Reason.class,
      names = {
        "PENDING",
        "IMAGE_PULL_FAILED",
        "UNSCHEDULABLE",
        "QUOTA_EXCEEDED",
        "POD_REFUSED",
        "POD_DISRUPTED"
      })
  void whileItIsWaitedForTheConditionsCarryReasonAndHelp(Reason reason) {
    var now = createdAt(attempt(A, 1, 1, pending(reason)), NOW.minusSeconds(5));
    var conditions = report(A, 1, OsImageStatus.empty(), now).effectiveConditions();

    assertThat(conditions)
        .extracting(Condition::type, Condition::status)
        .containsExactly(tuple("Ready", "Unknown"), tuple("Reconciling", "True"));
    assertThat(conditions)
        .allSatisfy(condition -> {
          assertThat(condition.reason()).isEqualTo(reason.text());
          assertThat(condition.message() + ".")
              .startsWith("attempt 1 waits: 0/3 nodes are available")
              .contains(reason.help());
        });
  }

  @ParameterizedTest
  @CsvSource({
    "PENDING, PENDING_TIMEOUT, 900",
    "IMAGE_PULL_FAILED, IMAGE_PULL_FAILED, 900",
    "UNSCHEDULABLE, UNSCHEDULABLE, 900",
    "QUOTA_EXCEEDED, QUOTA_EXCEEDED, 900",
    "POD_DISRUPTED, POD_DISRUPTED, 900",
    "POD_REFUSED, POD_REFUSED, 10"
  })
  void aWaitThatLastsEndsWithItsOwnReason(Reason reason, Reason failure, long seconds) {
    var waits = attempt(A, 1, 1, pending(reason));
    var patient = createdAt(waits, NOW.minusSeconds(seconds));
    var over = createdAt(waits, NOW.minusSeconds(seconds + 1));

    assertThat(decide(patient)).isEqualTo(new Decision.Wait(patient));
    assertThat(decide(over))
        .isInstanceOfSatisfying(
            Decision.Expire.class,
            expire -> {
              assertThat(expire.failure().reason()).isEqualTo(failure);
              assertThat(expire.failure().message()).contains("0/3 nodes are available");
            });
  }

  private static Decision decide(Attempt attempt) {
    return Decide.decide(observed(A, 1, OsImageStatus.empty(), attempt), SETTINGS);
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 10, 60})
  void aRefusalIsNeverWaitedForLongerThanTheSpecWants(long pendingTimeout) {
    var spec = with(A, "pendingTimeout", pendingTimeout + "s");
    var patience = Math.min(pendingTimeout, Decide.REFUSAL_GRACE.toSeconds());
    var waits = attempt(spec, 1, 1, pending(Reason.POD_REFUSED));
    var over = createdAt(waits, NOW.minus(Duration.ofSeconds(patience + 1)));

    assertThat(Decide.decide(observed(spec, 1, OsImageStatus.empty(), over), SETTINGS))
        .isInstanceOf(Decision.Expire.class);
  }
}
