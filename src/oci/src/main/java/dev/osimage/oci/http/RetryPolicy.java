package dev.osimage.oci.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When and how often something that failed for a passing reason is tried again: after a random time
 * up to a bound that doubles ("full jitter"), or after what the server asks for.
 *
 * @param tries how often it is tried in all, at least once
 * @param firstWait bound of the first wait
 * @param longestWait bound of every wait of our own choice
 * @param longestRetryAfter the longest wait that a server may ask for; more counts as a failure
 * @param deadline no further try begins when this much time has passed
 */
public record RetryPolicy(
    int tries,
    Duration firstWait,
    Duration longestWait,
    Duration longestRetryAfter,
    Duration deadline) {

  /** Five tries, 0.5 s to 30 s between them, up to 5 min if asked for, two hours in all. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(
          5,
          Duration.ofMillis(500),
          Duration.ofSeconds(30),
          Duration.ofMinutes(5),
          Duration.ofHours(2));

  /** Nothing is tried again. */
  public static final RetryPolicy NONE =
      new RetryPolicy(1, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofHours(2));

  /** A failure that knows whether trying again may help. */
  public interface Retryable {
    /** Whether the same may succeed later. */
    boolean retryable();

    /** How long the server asks to wait, if it does. */
    default Optional<Duration> retryAfter() {
      return Optional.empty();
    }

    /**
     * Whether the failure taught what to do instead: the next try is another one, and comes at
     * once.
     */
    default boolean learned() {
      return false;
    }

    /** Whether it was tried often enough already, by somebody closer to it. */
    default boolean exhausted() {
      return false;
    }
  }

  /** One try; {@code number} counts from 1. */
  @FunctionalInterface
  public interface Try<T> {
    T run(int number) throws IOException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(RetryPolicy.class);
  private static final int MOST_LESSONS = 16;

  /** Tries until it succeeds; throws the last failure, or the first that is not passing. */
  public <T> T run(Try<T> work) throws IOException {
    long start = System.nanoTime();
    int lessons = 0;
    for (int number = 1; ; number++) {
      try {
        return work.run(number);
      } catch (IOException | RuntimeException e) {
        if (e instanceof Retryable failure && failure.learned() && lessons < MOST_LESSONS) {
          lessons++;
          number--;
          continue;
        }
        var wait = waitBefore(number + 1, e, Duration.ofNanos(System.nanoTime() - start));
        if (wait.isEmpty()) {
          throw e;
        }
        LOG.info("{}; trying again in {} ms", e.getMessage(), wait.get().toMillis());
        pause(wait.get());
      }
    }
  }

  /** The wait before a try, or empty when there shall be none. */
  Optional<Duration> waitBefore(int number, Exception failure, Duration passed) {
    if (!(failure instanceof Retryable retryable)
        || !retryable.retryable()
        || retryable.exhausted()
        || number > tries) {
      return Optional.empty();
    }
    var asked = retryable.retryAfter();
    if (asked.isPresent() && asked.get().compareTo(longestRetryAfter) > 0) {
      return Optional.empty();
    }
    long bound = Math.min(firstWait.toMillis() << Math.min(number - 2, 20), longestWait.toMillis());
    var jitter = Duration.ofMillis(ThreadLocalRandom.current().nextLong(bound + 1));
    // What the server asks for is the least; the jitter keeps clients from coming all at once.
    var wait = asked.map(least -> least.plus(jitter)).orElse(jitter);
    return passed.plus(wait).compareTo(deadline) > 0 ? Optional.empty() : Optional.of(wait);
  }

  private static void pause(Duration wait) throws InterruptedIOException {
    try {
      Thread.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting to try again");
    }
  }
}
