package dev.osimage.operator.runtime;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this operator is the one that works. Who loses the Lease ends at once, so that two never
 * work; who is told to end gives the Lease back, so that the next one need not wait for its expiry.
 */
public final class Leadership {

  private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

  private final KubernetesClient client;
  private final LeaseSettings settings;
  private final Runnable halt;
  private volatile boolean leads;
  private volatile boolean ending;

  /** A candidate; {@code halt} ends the process without a further thought. */
  public Leadership(KubernetesClient client, LeaseSettings settings, Runnable halt) {
    this.client = client;
    this.settings = settings;
    this.halt = halt;
  }

  /** What the SDK needs for the election. */
  public LeaderElectionConfiguration configuration() {
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(settings.name())
        .withLeaseNamespace(settings.namespace())
        .withIdentity(settings.identity())
        .withLeaseDuration(settings.duration())
        .withRenewDeadline(settings.renewDeadline())
        .withRetryPeriod(settings.retryPeriod())
        .withLeaderCallbacks(callbacks())
        // The SDK would call System.exit, which waits for the shutdown hook that waits for the SDK.
        .withExitOnStopLeading(false)
        .build();
  }

  LeaderCallbacks callbacks() {
    return new LeaderCallbacks(this::started, this::stopped, leader -> {});
  }

  /** Whether this process works. */
  public boolean leads() {
    return leads;
  }

  /** From now on the loss of the Lease is no reason to halt: the process ends anyway. */
  public void end() {
    ending = true;
  }

  /** Gives the Lease back; to be called when nothing of this process works any more. */
  public void release() {
    try {
      var lease = client.leases().inNamespace(settings.namespace()).withName(settings.name()).get();
      released(lease, settings.identity())
          .ifPresent(free -> {
            client.resource(free).update();
            LOG.info("gave the Lease {} back", settings.name());
          });
    } catch (KubernetesClientException e) {
      // It expires by itself; the next leader only comes a little later.
      LOG.warn("could not give the Lease {} back: {}", settings.name(), e.getMessage());
    }
  }

  /**
   * The Lease without its holder; empty if {@code identity} does not hold it. Its version stays, so
   * that the update fails once another one holds it; so do its times, which the others insist on.
   */
  static Optional<Lease> released(@Nullable Lease lease, String identity) {
    if (lease == null || !identity.equals(lease.getSpec().getHolderIdentity())) {
      return Optional.empty();
    }
    return Optional.of(
        new LeaseBuilder(lease).editSpec().withHolderIdentity(null).endSpec().build());
  }

  private void started() {
    leads = true;
    LOG.info("{} leads", settings.identity());
  }

  private void stopped() {
    leads = false;
    if (!ending) {
      LOG.error("lost the Lease {}; ends at once, so that two never work", settings.name());
      halt.run();
    }
  }
}
