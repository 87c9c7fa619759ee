package dev.osimage.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeadershipTest {

  private static final LeaseSettings SETTINGS =
      new LeaseSettings(
          "osimage-system",
          "osimage-operator",
          "operator-1",
          Duration.ofSeconds(10),
          Duration.ofSeconds(7),
          Duration.ofSeconds(2));

  private final AtomicInteger halts = new AtomicInteger();

  /** Nothing here is sent. */
  private final KubernetesClient client = new KubernetesClientBuilder().build();

  private final Leadership leadership = new Leadership(client, SETTINGS, halts::incrementAndGet);

  @AfterEach
  void closeClient() {
    client.close();
  }

  @Test
  void whoLosesTheLeaseHaltsAtOnce() {
    leadership.callbacks().onStartLeading();
    assertThat(leadership.leads()).isTrue();

    leadership.callbacks().onStopLeading();

    assertThat(leadership.leads()).isFalse();
    assertThat(halts).hasValue(1);
  }

  @Test
  void whoEndsAnywayDoesNotHaltSoThatTheLeaseCanBeGivenBack() {
    leadership.callbacks().onStartLeading();
    leadership.end();

    leadership.callbacks().onStopLeading();

    assertThat(halts).hasValue(0);
  }

  @Test
  void theElectionUsesTheSettingsAndNeverCallsExit() {
    var configuration = leadership.configuration();

    assertThat(configuration.getLeaseNamespace()).contains("osimage-system");
    assertThat(configuration.getLeaseName()).isEqualTo("osimage-operator");
    assertThat(configuration.getIdentity()).contains("operator-1");
    assertThat(configuration.getLeaseDuration()).isEqualTo(SETTINGS.duration());
    assertThat(configuration.getRenewDeadline()).isEqualTo(SETTINGS.renewDeadline());
    assertThat(configuration.getRetryPeriod()).isEqualTo(SETTINGS.retryPeriod());
    assertThat(configuration.isExitOnStopLeading()).isFalse();
  }

  @Test
  void aLeaseIsGivenBackByItsHolderOnlyAndKeepsItsTimesAndVersion() {
    var lease = heldBy("operator-1");

    var released = Leadership.released(lease, "operator-1").orElseThrow();

    assertThat(released.getSpec().getHolderIdentity()).isNull();
    assertThat(released.getSpec().getRenewTime()).isEqualTo(lease.getSpec().getRenewTime());
    assertThat(released.getSpec().getAcquireTime()).isEqualTo(lease.getSpec().getAcquireTime());
    assertThat(released.getSpec().getLeaseDurationSeconds()).isEqualTo(10);
    assertThat(released.getMetadata().getResourceVersion()).isEqualTo("42");
    assertThat(Leadership.released(heldBy("operator-2"), "operator-1")).isEmpty();
    assertThat(Leadership.released(null, "operator-1")).isEmpty();
  }

  private static Lease heldBy(String holder) {
    var now = ZonedDateTime.of(2026, 3, 1, 12, 0, 0, 0, ZoneOffset.UTC);
    return new LeaseBuilder()
        .withNewMetadata()
        .withName("osimage-operator")
        .withResourceVersion("42")
        .endMetadata()
        .withNewSpec()
        .withHolderIdentity(holder)
        .withLeaseDurationSeconds(10)
        .withAcquireTime(now)
        .withRenewTime(now)
        .endSpec()
        .build();
  }
}
