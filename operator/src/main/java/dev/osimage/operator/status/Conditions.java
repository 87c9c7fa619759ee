package dev.osimage.operator.status;

import dev.osimage.api.Condition;
import dev.osimage.api.Reason;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * The conditions of one look at an object, in the sense of kstatus: Ready always; Reconciling or
 * Stalled only while they are true. A condition keeps its transition time while its status stays.
 */
public final class Conditions {

  private static final int MAX_MESSAGE = 2048;

  private final List<Condition> previous;
  private final long generation;
  private final Instant now;
  private final List<Condition> conditions = new ArrayList<>();

  /** Conditions of {@code generation}, following {@code previous}. */
  public Conditions(List<Condition> previous, long generation, Instant now) {
    this.previous = previous;
    this.generation = generation;
    this.now = now;
  }

  /** What was asked for is there. */
  public List<Condition> ready(Reason reason, String message) {
    add(Condition.READY, "True", reason, message);
    return List.copyOf(conditions);
  }

  /** It is there, and being made once more. */
  public List<Condition> remaking(String readyMessage, Reason reason, String message) {
    add(Condition.READY, "True", Reason.SUCCEEDED, readyMessage);
    add(Condition.RECONCILING, "True", reason, message);
    return List.copyOf(conditions);
  }

  /** Besides what follows: what is there could not be made once more. */
  public Conditions afterFailure(Reason failure, String message) {
    add(Condition.LAST_BUILD_FAILED, "True", failure, message);
    return this;
  }

  /** Besides what follows: a tag does not name what was published. */
  public Conditions tagMoved(String message) {
    add(Condition.TAG_MOVED, "True", Reason.TAG_MOVED, message);
    return this;
  }

  /** Whether machines can boot from the URLs. */
  public Condition bootUrls(boolean reachable, Reason reason, String message) {
    add(Condition.BOOT_URLS_REACHABLE, reachable ? "True" : "False", reason, message);
    return conditions.removeLast();
  }

  /** Not there, and nothing is wrong or being done. */
  public List<Condition> idle(Reason reason, String message) {
    add(Condition.READY, "Unknown", reason, message);
    return List.copyOf(conditions);
  }

  /** Not there yet; it is being worked on. */
  public List<Condition> progressing(Reason reason, String message) {
    add(Condition.READY, "Unknown", reason, message);
    add(Condition.RECONCILING, "True", reason, message);
    return List.copyOf(conditions);
  }

  /** The last attempt failed and another one follows. */
  public List<Condition> retrying(Reason failure, String message) {
    add(Condition.READY, "False", failure, message);
    add(Condition.RECONCILING, "True", Reason.RETRYING, message);
    return List.copyOf(conditions);
  }

  /** Failed until somebody changes something. */
  public List<Condition> stalled(Reason failure, String message) {
    add(Condition.READY, "False", failure, message);
    add(Condition.STALLED, "True", failure, message);
    return List.copyOf(conditions);
  }

  private void add(String type, String status, Reason reason, String message) {
    var since =
        previous.stream()
            .filter(condition -> condition.type().equals(type))
            .filter(condition -> condition.status().equals(status))
            .map(Condition::lastTransitionTime)
            .findFirst()
            .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
    var bounded = BoundedText.of(message, MAX_MESSAGE);
    conditions.add(new Condition(type, status, generation, since, reason.text(), bounded));
  }
}
