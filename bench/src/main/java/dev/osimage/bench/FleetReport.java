package dev.osimage.bench;

import dev.osimage.bench.FleetResult.Phase;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The text about a {@link FleetResult}. */
final class FleetReport {

  private final FleetResult result;
  private final StringBuilder text = new StringBuilder();

  private FleetReport(FleetResult result) {
    this.result = result;
  }

  /** Makes it, in Markdown. */
  static String of(FleetResult result) {
    var report = new FleetReport(result);
    report.head();
    report.phases();
    report.requests();
    report.times();
    report.memory();
    Report.table(report.text, "machine", result.machine());
    Report.table(report.text, "versions", result.versions());
    report.add("%n%s, commit %s%n".formatted(result.date(), result.commit()));
    return report.text.toString();
  }

  private void add(String line) {
    text.append(line);
  }

  private void head() {
    add("# %s%n%n".formatted(Row.OBJECTS.title()));
    if (result.disturbed()) {
      add("**Disturbed: other processes used the machine. Times and CPU are no result.**\n\n");
    }
    if (result.scale() != 1) {
      add("**Number and time times %s: this is no result.**%n%n".formatted(result.scale()));
    }
    add(
        ("%d objects for %d registries. **%d writes** in %.0f s while nothing changed, must 0;"
                + " %.2f writes for each object until it was Ready, and one more that the stub does in the"
                + " operator's place.%n")
            .formatted(
                result.objects(),
                result.registries(),
                result.steady().writeCount(),
                result.steady().seconds(),
                result.writesPerObject()));
  }

  private void phases() {
    add("\n| | until all are Ready | nothing changes |\n|---|---|---|\n");
    row("seconds", Phase::seconds);
    row("operator's CPU s", Phase::cpu);
    row("API server's CPU s", Phase::serverCpu);
    row("etcd's CPU s", Phase::etcdCpu);
    row("CPU s of others", Phase::foreignCpu);
    row("looks at an object", Phase::reconciliations);
    row("looks that failed", Phase::failed);
  }

  private void row(String name, Function<Phase, Number> value) {
    add(
        "| %s | %s | %s |%n"
            .formatted(name, value.apply(result.building()), value.apply(result.steady())));
  }

  private void requests() {
    add("\n| the operator's requests | until all are Ready | for each | nothing changes |\n");
    add("|---|---|---|---|\n");
    requests(result.building().writes(), result.steady().writes());
    requests(result.building().reads(), result.steady().reads());
    add("%nRefused writes among them: %s.%n".formatted(refused()));
    add("Lines in its log that warn: %d.%n".formatted(result.warnings()));
  }

  private void requests(Map<String, Long> building, Map<String, Long> steady) {
    var names = new TreeSet<>(building.keySet());
    names.addAll(steady.keySet());
    for (var name : names) {
      long count = building.getOrDefault(name, 0L);
      add(
          "| `%s` | %d | %.2f | %d |%n"
              .formatted(
                  name, count, (double) count / result.objects(), steady.getOrDefault(name, 0L)));
    }
  }

  private String refused() {
    return refused(result.building()) + " before, " + refused(result.steady()) + " after";
  }

  private static String refused(Phase phase) {
    return phase.refused().isEmpty() ? "none" : phase.refused().toString();
  }

  private void times() {
    var times = result.times();
    add("\n| seconds | p50 | p99 | most |\n|---|---|---|---|\n");
    latency("OsImage to Job", times.job());
    latency("OsImage to Ready", times.ready());
    latency("OsImage to Job, of %d more at the end".formatted(result.added()), times.addedJob());
    latency("OsImage to Ready, of those", times.addedReady());
    latency("Job, in the stub", times.build());
    add(
        "%nCreating all took %.1f s, and all were Ready %.1f s after the first was created.%n"
            .formatted(times.creating(), times.allReady()));
  }

  private void latency(String name, Latency latency) {
    add(
        "| %s | %.3f | %.3f | %.3f |%n"
            .formatted(name, latency.p50(), latency.p99(), latency.max()));
  }

  private void memory() {
    var memory = result.memory();
    add("\n| operator's memory, MiB | |\n|---|---|\n");
    memory("resident before the first object", memory.started());
    memory("resident when all were Ready", memory.ready());
    memory("resident at the end", memory.steady().getLast());
    memory("peak", memory.peak());
    memory("live heap before the first object", memory.liveHeapStarted());
    memory("live heap at the end", memory.liveHeapEnd());
    add(
        memory.steady().stream()
            .map("%.1f"::formatted)
            .collect(
                Collectors.joining(
                    ", ", "\nResident while nothing changed, in equal distances: ", ".\n")));
  }

  private void memory(String name, double mib) {
    add("| %s | %.1f |%n".formatted(name, mib));
  }
}
