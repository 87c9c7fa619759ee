package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {

  private static final RetryPolicy QUICK =
      new RetryPolicy(4, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofMinutes(1));

  private final AtomicInteger tries = new AtomicInteger();

  @Test
  void aPassingFailureIsTriedAgainUntilItSucceeds() throws IOException {
    assertThat(QUICK.<Integer>run(number -> number < 3 ? failed(passing()) : number)).isEqualTo(3);
  }

  @Test
  void afterTheLastTryTheFailureIsThrownAsItIs() {
    var failure = passing();

    assertThatThrownBy(() -> QUICK.run(number -> failed(failure))).isSameAs(failure);
    assertThat(tries).hasValue(4);
  }

  @Test
  void whatDoesNotPassIsNotTriedAgain() {
    assertThatThrownBy(() -> QUICK.run(number -> failed(new Failure(false, null, false))))
        .isInstanceOf(Failure.class);
    assertThatThrownBy(() -> QUICK.run(number -> failed(new IOException("unknown"))))
        .hasMessage("unknown");
    assertThatThrownBy(() -> RetryPolicy.NONE.run(number -> failed(passing())))
        .isInstanceOf(Failure.class);
    assertThat(tries).hasValue(3);
  }

  @Test
  void aLessonIsNoTryAndIsFollowedAtOnceButNotForEver() {
    var policy =
        new RetryPolicy(
            1, Duration.ofDays(1), Duration.ofDays(1), Duration.ZERO, Duration.ofDays(9));

    assertThatThrownBy(() -> policy.run(number -> failed(new Failure(true, null, true))))
        .isInstanceOf(Failure.class);
    assertThat(tries).hasValue(17);
  }

  @Test
  void theWaitIsRandomUpToABoundThatDoubles() {
    for (int number = 2; number <= 5; number++) {
      var bound = Duration.ofMillis(Math.min(500L << (number - 2), 2000));
      var longest = Duration.ZERO;
      for (int i = 0; i < 200; i++) {
        var wait = wait(number, passing(), Duration.ZERO).orElseThrow();
        assertThat(wait).isBetween(Duration.ZERO, bound);
        longest = wait.compareTo(longest) > 0 ? wait : longest;
      }
      assertThat(longest).isGreaterThan(bound.dividedBy(2));
    }
    assertThat(wait(6, passing(), Duration.ZERO)).isEmpty();
  }

  @Test
  void whatTheServerAsksForIsTheLeastUpToABound() {
    assertThat(wait(2, asking(Duration.ofSeconds(60)), Duration.ZERO).orElseThrow())
        .isBetween(Duration.ofSeconds(60), Duration.ofMillis(60_500));
    assertThat(wait(2, asking(Duration.ofSeconds(61)), Duration.ZERO)).isEmpty();
    assertThat(wait(2, asking(Duration.ofSeconds(999_999_999_999_999L)), Duration.ZERO)).isEmpty();
  }

  @Test
  void noTryBeginsAfterTheDeadline() {
    assertThat(wait(2, asking(Duration.ofSeconds(10)), Duration.ofSeconds(589))).isPresent();
    assertThat(wait(2, asking(Duration.ofSeconds(10)), Duration.ofSeconds(591))).isEmpty();
  }

  @Test
  void anInterruptEndsTheWait() {
    var patient =
        new RetryPolicy(2, Duration.ZERO, Duration.ZERO, Duration.ofDays(1), Duration.ofDays(2));
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> patient.run(number -> failed(asking(Duration.ofDays(1)))))
        .isInstanceOf(InterruptedIOException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(tries).hasValue(1);
  }

  private static Optional<Duration> wait(int number, Failure failure, Duration passed) {
    return new RetryPolicy(
            5,
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            Duration.ofSeconds(60),
            Duration.ofSeconds(600))
        .waitBefore(number, failure, passed);
  }

  private Integer failed(IOException failure) throws IOException {
    tries.incrementAndGet();
    throw failure;
  }

  private static Failure passing() {
    return new Failure(true, null, false);
  }

  private static Failure asking(Duration wait) {
    return new Failure(true, wait, false);
  }

  private static final class Failure extends IOException implements RetryPolicy.Retryable {
    private static final long serialVersionUID = 1L;

    private final boolean retryable;
    private final transient @Nullable Duration wait;
    private final boolean learned;

    Failure(boolean retryable, @Nullable Duration wait, boolean learned) {
      this.retryable = retryable;
      this.wait = wait;
      this.learned = learned;
    }

    @Override
    public boolean retryable() {
      return retryable;
    }

    @Override
    public Optional<Duration> retryAfter() {
      return Optional.ofNullable(wait);
    }

    @Override
    public boolean learned() {
      return learned;
    }
  }
}
