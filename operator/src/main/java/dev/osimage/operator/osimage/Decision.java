package dev.osimage.operator.osimage;

import dev.osimage.api.Reason;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What is to be done for an OsImage, and so what its status says. */
sealed interface Decision {

  /** The target is published: by an attempt, or, when empty, as the status says already. */
  record Published(Optional<Attempt> by) implements Decision {}

  /** A new attempt is started. */
  record Start(int number) implements Decision {}

  /** A new attempt is wanted, and waits until others have ended. */
  record Queued(int number) implements Decision {}

  /** An attempt is on its way. */
  record Wait(Attempt attempt) implements Decision {}

  /**
   * An attempt's builder did not run, or did not end, in time: it is ended and counts as failed.
   */
  record Expire(Attempt attempt, Attempt.Failed failure) implements Decision {}

  /** Earlier attempts are ended; nothing starts before their pods are gone. */
  record Cancel(List<Attempt> attempts) implements Decision {}

  /** The last attempt failed for a passing reason; the next one starts after {@code next}. */
  record RetryLater(Attempt attempt, Attempt.Failed failure, Instant next) implements Decision {}

  /**
   * Somebody has to change something first.
   *
   * @param next when it is looked whether somebody has; empty when only a change of the object
   *     itself helps
   */
  record Stalled(Optional<Attempt> attempt, Reason reason, String message, Optional<Instant> next)
      implements Decision {}

  /** The user wants nothing to be built now. */
  record Suspended() implements Decision {}
}
