package dev.osimage.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Runs a race: ours, theirs, ours, theirs; each run on a stage of its own, and checked. */
final class Contest {

  private static final int TRIES = 5;
  private static final Duration PAUSE = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final double NANOS = 1e9;

  private final Workplace place;
  private final Options options;
  private final PrintStream out;

  Contest(Workplace place, Options options, PrintStream out) {
    this.place = place;
    this.options = options;
    this.out = out;
  }

  /** Throws where a run did not do its work, or others left no quiet moment. */
  Result.Series run(Race race, RegistryKind kind) throws IOException {
    var filling = race.filling();
    if (filling == null) {
      place.delete("filled");
    } else {
      Stage.fill(place, kind, filling);
    }
    for (int i = 0; i < race.warmUps(); i++) {
      out.printf("  warm-up %d: %s%n", i + 1, once(race, race.ours(), kind).text());
    }
    var ours = new ArrayList<Result.Run>();
    var theirs = new ArrayList<Result.Run>();
    for (int i = 0; i < options.pairs(); i++) {
      ours.add(quiet(race, race.ours(), kind, "ours"));
      if (race.theirs() != null) {
        theirs.add(quiet(race, race.theirs(), kind, "theirs"));
      }
    }
    return new Result.Series(kind.title(), commands(race, kind), ours, theirs);
  }

  private List<String> commands(Race race, RegistryKind kind) throws IOException {
    try (var stage = Stage.open(place, kind, false)) {
      var commands = new ArrayList<>(List.of(race.ours().command(stage)));
      if (race.theirs() != null) {
        commands.add(race.theirs().command(stage));
      }
      return commands;
    }
  }

  private Result.Run quiet(Race race, Side side, RegistryKind kind, String name)
      throws IOException {
    return quiet(
        options,
        () -> {
          var run = once(race, side, kind);
          out.printf("  %-7s %s%n", name, run.text());
          return run;
        },
        Result.Run::quiet);
  }

  /** Something that is measured. */
  interface Attempt<T> {
    T run() throws IOException;
  }

  /** Measures until nobody else used the machine meanwhile; throws where that does not come. */
  static <T> T quiet(Options options, Attempt<T> attempt, Predicate<T> quiet) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      var run = attempt.run();
      if (quiet.test(run) || options.force()) {
        return run;
      }
      pause();
    }
    throw new BenchException(
        ("other processes used too much of the machine, %d times in a row: a run of W seconds counts"
                + " with less than 0.15 W + 0.1 seconds of their CPU time. Stop them, or let"
                + " disturbed runs count with --force (BENCH_FORCE=1)")
            .formatted(TRIES));
  }

  private Result.Run once(Race race, Side side, RegistryKind kind) throws IOException {
    try (var stage = Stage.open(place, kind, race.tls())) {
      var before = CpuTimes.now();
      double registries = stage.registryCpu();
      long start = System.nanoTime();
      var usage = side.run(stage);
      var disturbance =
          Disturbance.between(before, CpuTimes.now(), (System.nanoTime() - start) / NANOS);
      double registryCpu = stage.registryCpu() - registries;
      race.check().check(stage);
      return Result.Run.of(usage, registryCpu, disturbance);
    }
  }

  /** Throws unless the machine is quiet, before much is prepared for nothing. */
  static void requireQuietMachine(Options options) {
    var before = CpuTimes.now();
    long start = System.nanoTime();
    sleep(LOOK);
    var now = Disturbance.between(before, CpuTimes.now(), (System.nanoTime() - start) / NANOS);
    if (!now.isSmall() && !options.force()) {
      throw new BenchException(
          ("other processes used %.1f s of CPU within %.1f s: stop them, or let disturbed runs count"
                  + " with --force (BENCH_FORCE=1)")
              .formatted(now.foreign(), now.wall()));
    }
  }

  private static void pause() {
    sleep(PAUSE);
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
