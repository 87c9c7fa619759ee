package dev.osimage.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The benchmark: {@code Bench [--force]}, in the project's folder, with all programs on PATH.
 * Results of full runs go to {@code bench/results}, those of others to {@code bench/target/results}
 * and are for trying out.
 */
public final class Bench {

  private final Options options;
  private final Workplace place;

  private Bench(Options options, Workplace place) {
    this.options = options;
    this.place = place;
  }

  public static void main(String[] args) throws IOException {
    // A point in every number, wherever this runs.
    Locale.setDefault(Locale.ROOT);
    var stop =
        new Thread(() -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroy));
    Runtime.getRuntime().addShutdownHook(stop);
    try {
      var environment = System.getenv();
      var options = Options.of(environment, List.of(args));
      var parent = Path.of(environment.getOrDefault("BENCH_WORK", "bench/target"));
      try (var place = Workplace.in(parent, options.scale())) {
        new Bench(options, place).run();
      }
    } catch (BenchException e) {
      System.err.println("bench: " + e.getMessage());
      System.exit(1);
    }
  }

  private void run() throws IOException {
    Contest.requireQuietMachine(options);
    var machine = Machine.facts(place, Java.POD_MEMORY);
    var versions = Machine.versions(place);
    Java.install(place);
    var report = new Report(Path.of(options.isFull() ? "bench/results" : "bench/target/results"));
    try (var web = WebServer.start(place)) {
      var races = new Races(place, options, web.host());
      for (var row : options.rows()) {
        if (row.isRace()) {
          var result = result(row, races, machine, versions);
          report.add(result);
          tell(result);
        } else if (row == Row.GATEWAY) {
          var result = Serving.run(place, options, System.out);
          report.add(result);
          System.out.println(row.text() + ": " + result.text());
        } else {
          var result = Fleet.run(place, options, System.out);
          report.add(result);
          System.out.println(row.text() + ": " + result.text());
        }
      }
    }
    System.out.println("results are in " + report.folder());
  }

  private Result result(
      Row row, Races races, Map<String, String> machine, Map<String, String> versions)
      throws IOException {
    System.out.println(row.text() + ": making the input");
    var commit = Machine.commit(place);
    var date = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    var series = new ArrayList<Result.Series>();
    try (var race = races.of(row)) {
      for (var kind : row.registries()) {
        System.out.println(row.text() + " on " + kind.title());
        series.add(new Contest(place, options, System.out).run(race, kind));
      }
    }
    return new Result(row, date, commit, options.scale(), machine, versions, series);
  }

  private static void tell(Result result) {
    for (var series : result.series()) {
      System.out.printf(
          "%s on %s: %s; must %s, aim %s%s%n",
          result.row().text(),
          series.registry(),
          Report.text(series.value(result.row().unit())),
          result.row().must(),
          result.row().aim(),
          result.disturbed() ? "; DISTURBED" : "");
    }
  }
}
