package dev.osimage.operator.osimage;

import dev.osimage.api.Build;
import dev.osimage.api.Failure;
import dev.osimage.api.OsImage;
import org.jspecify.annotations.Nullable;

/** What the status says of the newest build. */
final class ReportedBuild {

  private final OsImage image;
  private final Observed observed;

  ReportedBuild(OsImage image, Observed observed) {
    this.image = image;
    this.observed = observed;
  }

  @Nullable Build of(Decision decision) {
    if (!(observed.target() instanceof Target.Buildable target)) {
      return remembered();
    }
    return switch (decision) {
      case Decision.Start start ->
          new Build(
              BuildJob.name(image, target, start.number()),
              start.number(),
              observed.generation(),
              target.publicationHash(),
              null,
              failure(target.identity()));
      case Decision.Wait wait -> build(wait.attempt(), progress(wait.attempt()));
      default -> newest();
    };
  }

  private @Nullable Build remembered() {
    var build = observed.status().build();
    return build == null
        ? null
        : new Build(
            build.job(),
            build.attempt(),
            build.generation(),
            build.publicationHash(),
            null,
            build.failure());
  }

  /** The newest build that is known: its Job may be gone, but not the memory that it ran. */
  private @Nullable Build newest() {
    var remembered = remembered();
    return observed
        .newest()
        .filter(attempt -> remembered == null || remembered.generation() <= attempt.generation())
        .map(attempt -> build(attempt, null))
        .orElse(remembered);
  }

  private Build build(Attempt attempt, @Nullable String progress) {
    return new Build(
        attempt.job(),
        attempt.number(),
        attempt.generation(),
        attempt.publicationHash(),
        progress,
        failure(attempt.identity()));
  }

  /** How the last attempt at this spec failed, while none has succeeded since. */
  private @Nullable Failure failure(String identity) {
    return observed
        .lastFailure(identity)
        .flatMap(attempt -> attempt.failure().map(failed -> failure(attempt, failed)))
        .orElse(null);
  }

  private Failure failure(Attempt attempt, Attempt.Failed failed) {
    var trace = failed.trace();
    boolean retriable =
        switch (failed.reason().nature()) {
          case PASSING, CHANGE -> !RetryClock.isSpent(attempt, observed.spec());
          case STATE, FIX_INPUT -> false;
        };
    return new Failure(
        attempt.number(),
        failed.reason().text(),
        failed.message(),
        trace.step(),
        trace.exitCode(),
        retriable,
        trace.logTail());
  }

  private static @Nullable String progress(Attempt attempt) {
    return attempt.state() instanceof Attempt.Running running && running.progress() != null
        ? ProgressText.of(running.progress())
        : null;
  }
}
