package dev.osimage.builder;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import okio.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what needs a Secret. Where it is the Secret that does not do, this waits for another content
 * of it, which kubelet brings into the mounted folder, and does the same again: what a build has
 * done so far is worth more than a few seconds.
 */
final class Patience {

  private static final Logger LOG = LoggerFactory.getLogger(Patience.class);

  /** A few small files, in memory. */
  private static final Duration LOOK = Duration.ofMillis(200);

  /** So that a build ends with what it waited for, and not with its timeout. */
  private static final Duration REST = Duration.ofSeconds(5);

  private final Duration longest;
  private final long deadline;

  /**
   * Waits at most so long each time, and never until the build's {@code deadline}, which is a time
   * of {@link System#nanoTime}.
   */
  Patience(Duration longest, long deadline) {
    this.longest = longest;
    this.deadline = deadline;
  }

  /** Something that may fail of a Secret, with a {@link SecretFailure}, and can be done again. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  /** Returns what the work returns; a failure of the Secret is none that waiting would mend. */
  <T> T run(MountedSecret secret, Work<T> work) throws IOException {
    long begin = 0;
    Duration bound = Duration.ZERO;
    for (boolean first = true; ; first = false) {
      var used = content(secret);
      try {
        return work.run();
      } catch (SecretFailure e) {
        if (first) {
          begin = System.nanoTime();
          bound = bound(begin);
        }
        if (!changes(secret, used, begin + bound.toNanos(), e)) {
          throw e.after(
              bound.isZero() ? "" : "; waited %d s for another one".formatted(bound.toSeconds()));
        }
      }
    }
  }

  private Duration bound(long now) {
    var left = Duration.ofNanos(deadline - now).minus(REST);
    var bound = left.compareTo(longest) < 0 ? left : longest;
    return bound.isPositive() ? bound : Duration.ZERO;
  }

  /** Waits until the Secret is another than was used; false when it does not become one in time. */
  private static boolean changes(
      MountedSecret secret, Map<String, ByteString> used, long end, SecretFailure failure) {
    boolean told = false;
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      if (!content(secret).equals(used)) {
        LOG.info("{} has changed; going on", secret);
        return true;
      }
      if (!told) {
        LOG.warn(
            "{}; waiting until {} for another content of {}",
            failure.getMessage(),
            Instant.now().plusNanos(left).truncatedTo(ChronoUnit.SECONDS),
            secret);
        told = true;
      }
      try {
        Thread.sleep(Math.min(LOOK.toMillis(), left / 1_000_000 + 1));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return false;
  }

  /** A Secret that can't be read is no other one than one that is not there. */
  private static Map<String, ByteString> content(MountedSecret secret) {
    try {
      return secret.content();
    } catch (IOException e) {
      return Map.of();
    }
  }
}
