package dev.osimage.operator.boot;

import dev.osimage.api.Boot;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Part;
import dev.osimage.api.Reason;
import dev.osimage.oci.http.HttpTransport;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the boot URLs of all objects, a few at a time and beside the reconciliations, which must
 * not wait for a gateway. What was found is kept in memory; an object is woken when that changes.
 */
public final class BootProbes implements BiFunction<OsImage, OsImageStatus, Optional<BootFinding>> {

  private static final Logger LOG = LoggerFactory.getLogger(BootProbes.class);
  private static final int AT_ONCE = 4;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** What can be reached is looked at again with the resync. */
  private static final Duration FRESH = Duration.ofMinutes(9);

  /** The gateway learns of an artifact a moment after its status is written. */
  private static final Duration UNTIL_KNOWN = Duration.ofSeconds(1);

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private final BiFunction<Boot, List<Part>, BootFinding> probe;
  private final Consumer<ResourceID> wake;
  private final Clock clock;
  private final Map<ResourceID, State> states = new HashMap<>();
  private final ScheduledExecutorService executor =
      Executors.newScheduledThreadPool(
          AT_ONCE, Thread.ofPlatform().name("boot-probe-", 0).daemon().factory());

  /** What is known of one object's URLs; guarded by the probes. */
  private static final class State {
    private final Boot boot;
    private @Nullable BootFinding finding;
    private Instant next;
    private boolean running;

    /** A byte was got out of the registry. */
    private boolean proven;

    private int failures;

    State(Boot boot, Instant next) {
      this.boot = boot;
      this.next = next;
    }
  }

  /**
   * Asks by {@code http}, and gives every object to {@code wake} of whose URLs something else was
   * found than before.
   */
  public BootProbes(HttpTransport http, Consumer<ResourceID> wake, Clock clock) {
    this(new BootProbe(http, TIMEOUT)::look, wake, clock);
  }

  BootProbes(
      BiFunction<Boot, List<Part>, BootFinding> probe, Consumer<ResourceID> wake, Clock clock) {
    this.probe = probe;
    this.wake = wake;
    this.clock = clock;
  }

  /**
   * What is known of the URLs in this status; empty when nothing is yet. A look begins when the
   * last one is not fresh any more.
   */
  @Override
  public synchronized Optional<BootFinding> apply(OsImage image, OsImageStatus status) {
    var boot = Objects.requireNonNull(status.boot());
    var id = ResourceID.fromResource(image);
    var parts = Objects.requireNonNullElse(status.parts(), List.<Part>of());
    var state = states.get(id);
    if (state == null || !state.boot.equals(boot)) {
      state = new State(boot, clock.instant());
      states.put(id, state);
      begin(id, state, parts, UNTIL_KNOWN);
    } else if (!state.running && !clock.instant().isBefore(state.next)) {
      begin(id, state, parts, Duration.ZERO);
    }
    return Optional.ofNullable(state.finding);
  }

  private void begin(ResourceID id, State state, List<Part> parts, Duration pause) {
    state.running = true;
    // Once is enough to know that the gateway can read from this registry.
    later(pause, () -> look(id, state, state.proven ? List.of() : parts));
  }

  private void later(Duration pause, Runnable what) {
    var task = executor.schedule(what, pause.toMillis(), TimeUnit.MILLISECONDS);
    LOG.trace("{}", task);
  }

  private void look(ResourceID id, State state, List<Part> parts) {
    var finding =
        new BootFinding(
            false, Reason.GATEWAY_UNREACHABLE, "the operator could not look; see its log");
    try {
      finding = probe.apply(state.boot, parts);
    } catch (RuntimeException e) {
      LOG.warn("the boot URLs of {} could not be looked at", id, e);
    } finally {
      found(id, state, finding);
    }
  }

  private void found(ResourceID id, State state, BootFinding finding) {
    boolean news;
    synchronized (this) {
      news = !finding.equals(state.finding);
      state.running = false;
      state.finding = finding;
      state.proven |= finding.reachable();
      state.failures = finding.reachable() ? 0 : state.failures + 1;
      state.next = clock.instant().plus(finding.reachable() ? FRESH : pause(state.failures));
      if (!finding.reachable()) {
        later(pause(state.failures), () -> wake.accept(id));
      }
    }
    if (news) {
      wake.accept(id);
    }
  }

  private static Duration pause(int failures) {
    var pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, 5));
    return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
  }

  /** An object is gone. */
  public synchronized void forget(ResourceID id) {
    states.remove(id);
  }
}
