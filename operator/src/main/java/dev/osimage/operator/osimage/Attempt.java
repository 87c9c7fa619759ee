package dev.osimage.operator.osimage;

import dev.osimage.api.Reason;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.FinishedPart;
import dev.osimage.operator.status.BoundedText;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to build: a Job of ours, as it is now.
 *
 * @param requests what was asked for when it was started
 * @param number it counts the attempts at a spec, for their names
 * @param tries it counts those since the last success, or since another spec came in between
 * @param generation the generation of the spec that it was started for
 * @param createdAt when its pod or, before there is one, its Job was made; of a pod that the
 *     cluster ended, when it said so: from then on its successor is waited for
 * @param deleting the Job is being deleted
 * @param podAlive its pod may still run, although the attempt may be over
 * @param recorded the Job carries its outcome, so that pod and log are no longer needed
 * @param disruption what the cluster said when it ended an earlier pod of this attempt, as far as
 *     that pod is still there
 */
record Attempt(
    String job,
    String identity,
    String publicationHash,
    Requests requests,
    int number,
    int tries,
    long generation,
    Instant createdAt,
    boolean deleting,
    boolean podAlive,
    boolean recorded,
    @Nullable String disruption,
    State state) {

  /** Attempts from the oldest to the newest. */
  static final Comparator<Attempt> BY_AGE =
      Comparator.comparingLong(Attempt::generation)
          .thenComparing(Attempt::createdAt)
          .thenComparingInt(Attempt::number);

  /** Where an attempt stands. */
  sealed interface State {}

  /**
   * The builder does not run yet, or no longer and not for the last time.
   *
   * @param reason why, {@link Reason#PENDING} where nothing is known to be wrong
   * @param message what it waits for
   * @param preparing the pod has a node, which prepares volumes and image
   */
  record Pending(Reason reason, String message, boolean preparing) implements State {

    Pending(Reason reason, String message) {
      this(reason, message, false);
    }

    /** What it waits for, and what somebody may do about it. */
    String sentence() {
      return withHelp(reason, message);
    }
  }

  /** The builder runs. */
  record Running(BuilderLine.@Nullable Progress progress) implements State {}

  /** The builder published the artifact. */
  record Succeeded(BuilderLine.Result result) implements State {}

  /** The attempt is over without a result. */
  record Failed(Reason reason, String message, Instant finishedAt, Trace trace) implements State {

    private static final int MAX_MESSAGE = 1024;

    Failed {
      message = BoundedText.of(message, MAX_MESSAGE);
    }

    Failed(Reason reason, String message, Instant finishedAt) {
      this(reason, message, finishedAt, Trace.NONE);
    }
  }

  /**
   * What a failed attempt left behind for people.
   *
   * @param step what the builder was doing
   * @param exitCode how its process ended
   * @param logTail the last lines of its log
   * @param finished what it pushed nevertheless, for the next attempt
   */
  record Trace(
      @Nullable String step,
      @Nullable Integer exitCode,
      @Nullable String logTail,
      List<FinishedPart> finished) {

    static final Trace NONE = new Trace(null, null, null, List.of());
  }

  /** A message and, where there is something to do, what that is; without a full stop. */
  static String withHelp(Reason reason, String message) {
    var help = reason.help();
    return help.isEmpty() ? message : "%s. %s".formatted(withoutStop(message), withoutStop(help));
  }

  private static String withoutStop(String sentence) {
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }

  /** How it failed, if it did. */
  Optional<Failed> failure() {
    return state instanceof Failed failed ? Optional.of(failed) : Optional.empty();
  }

  boolean active() {
    return state instanceof Pending || state instanceof Running;
  }

  /** Over, with nothing of it left that could still act. */
  boolean finished() {
    return !podAlive && !active();
  }
}
