package dev.osimage.operator.runtime;

import java.time.Duration;

/**
 * The Lease by which several operators agree on the one that works.
 *
 * @param namespace where the Lease is
 * @param name its name
 * @param identity this process among the others: the name of its pod, so that a container that is
 *     started again goes on at once
 * @param duration how long the Lease holds without a sign of life: the others wait as long after a
 *     crash
 * @param renewDeadline a leader that could not renew the Lease for this long gives up
 * @param retryPeriod how often a leader renews, and how often the others look
 */
public record LeaseSettings(
    String namespace,
    String name,
    String identity,
    Duration duration,
    Duration renewDeadline,
    Duration retryPeriod) {

  /** Of fabric8's leader elector: it waits up to this many periods between two looks. */
  private static final double LONGEST_WAIT = 2.2;

  public LeaseSettings {
    if (renewDeadline.toMillis() <= LONGEST_WAIT * retryPeriod.toMillis()) {
      throw new IllegalArgumentException(
          "the renew deadline of %d s must be more than %s times the retry period of %d s"
              .formatted(renewDeadline.toSeconds(), LONGEST_WAIT, retryPeriod.toSeconds()));
    }
    // Else a leader that was about to give up could still be at work when the next one begins.
    if (duration.compareTo(renewDeadline.plus(retryPeriod)) < 0) {
      throw new IllegalArgumentException(
          "the lease duration of %d s must be at least the renew deadline of %d s and the retry"
                  .formatted(duration.toSeconds(), renewDeadline.toSeconds())
              + " period of %d s together".formatted(retryPeriod.toSeconds()));
    }
  }
}
