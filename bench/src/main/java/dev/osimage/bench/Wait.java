package dev.osimage.bench;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/** Waits for what others do. */
final class Wait {

  private static final Duration PAUSE = Duration.ofMillis(50);

  private Wait() {}

  /** Something that becomes true. */
  interface Condition {
    boolean holds() throws IOException;
  }

  /** Returns when something is so; fails when it takes longer than {@code patience}. */
  static void until(String what, Duration patience, Condition condition) throws IOException {
    var end = Instant.now().plus(patience);
    while (!condition.holds()) {
      if (Instant.now().isAfter(end)) {
        throw new BenchException("not within %d s: %s".formatted(patience.toSeconds(), what));
      }
      pause(PAUSE);
    }
  }

  /** Returns after this time. */
  static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
