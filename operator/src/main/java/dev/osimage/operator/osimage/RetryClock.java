package dev.osimage.operator.osimage;

import dev.osimage.api.OsImageSpec;
import dev.osimage.api.Reason;
import dev.osimage.operator.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** When a failed attempt is followed by the next one. */
final class RetryClock {

  /** Of each pause, so that what failed together does not come back together. */
  private static final int JITTER_PERCENT = 20;

  private RetryClock() {}

  /**
   * The earliest moment of the next attempt; empty when there is none without somebody's change.
   */
  static Optional<Instant> next(
      Attempt attempt, Attempt.Failed failed, OsImageSpec spec, Settings settings) {
    if (isSpent(attempt, spec)) {
      return Optional.empty();
    }
    return switch (failed.reason().nature()) {
      case STATE, FIX_INPUT -> Optional.empty();
      case CHANGE ->
          Optional.of(after(attempt, failed, settings.slowRetryInitial(), settings.slowRetryMax()));
      case PASSING ->
          Optional.of(after(attempt, failed, settings.retryInitial(), settings.retryMax()));
    };
  }

  /** Whether the spec wants no more attempts. */
  static boolean isSpent(Attempt attempt, OsImageSpec spec) {
    var limit = spec.retry() == null ? null : spec.retry().limit();
    return limit != null && attempt.tries() >= limit;
  }

  /** Whether attempts after such a failure are looks at something that somebody has to change. */
  static boolean isSlow(Reason reason) {
    return reason.nature() == Reason.Nature.CHANGE;
  }

  private static Instant after(
      Attempt attempt, Attempt.Failed failed, Duration initial, Duration longest) {
    var pause = pause(attempt.tries(), initial, longest);
    int jitter = Math.floorMod(attempt.job().hashCode(), JITTER_PERCENT);
    return failed.finishedAt().plus(pause).plus(pause.multipliedBy(jitter).dividedBy(100));
  }

  /** The pause after an attempt: twice as long each time, up to a limit. */
  static Duration pause(int attempt, Duration initial, Duration longest) {
    var pause = initial;
    for (int i = 1; i < attempt && pause.compareTo(longest) < 0; i++) {
      pause = pause.multipliedBy(2);
    }
    return pause.compareTo(longest) < 0 ? pause : longest;
  }
}
