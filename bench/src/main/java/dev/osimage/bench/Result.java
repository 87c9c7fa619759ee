package dev.osimage.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What was measured of a row.
 *
 * @param date when, in UTC
 * @param commit of which sources; with {@code -dirty} when they had changes
 * @param scale what all sizes were multiplied by
 * @param machine what it ran on
 * @param versions of the programs
 */
@JsonPropertyOrder({"row", "date", "commit", "scale", "disturbed", "machine", "versions", "series"})
record Result(
    Row row,
    String date,
    String commit,
    double scale,
    Map<String, String> machine,
    Map<String, String> versions,
    List<Series> series) {

  /** Whether a run counts during which others used the machine. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  boolean disturbed() {
    return series.stream()
        .anyMatch(each ->
            !each.ours().stream().allMatch(Run::quiet)
                || !each.theirs().stream().allMatch(Run::quiet));
  }

  /**
   * The runs on one registry, in their order; those at the same place are a pair.
   *
   * @param commands ours and, where there is a peer, theirs
   * @param theirs empty where there is no peer
   */
  record Series(String registry, List<String> commands, List<Run> ours, List<Run> theirs) {

    /** What the row is judged by. */
    Spread value(Row.Unit unit) {
      return switch (unit) {
        case RATIO -> Spread.ofRatios(all(ours, Run::wall), all(theirs, Run::wall));
        case MIB -> Spread.of(all(ours, Run::peakMib));
        case SERVING, WRITES -> throw new IllegalArgumentException(unit + " are not of a race");
      };
    }

    private static List<Double> all(List<Run> runs, ToDoubleFunction<Run> value) {
      return runs.stream().map(value::applyAsDouble).toList();
    }
  }

  /**
   * One run: seconds of wall time and CPU, MiB of memory.
   *
   * @param foreignCpu seconds of CPU that others used meanwhile
   * @param quiet whether that is little
   */
  record Run(
      double wall,
      double user,
      double system,
      double peakMib,
      double registryCpu,
      double foreignCpu,
      boolean quiet) {

    private static final double DIGITS = 1000;

    static Run of(Usage usage, double registryCpu, Disturbance disturbance) {
      return new Run(
          rounded(usage.wall()),
          rounded(usage.user()),
          rounded(usage.system()),
          rounded(usage.peakMib()),
          rounded(registryCpu),
          rounded(disturbance.foreign()),
          disturbance.isSmall());
    }

    private static double rounded(double value) {
      return Math.rint(value * DIGITS) / DIGITS;
    }

    /** Seconds of CPU of the client. */
    double cpu() {
      return user + system;
    }

    /** One line. */
    String text() {
      return "%6.2f s, CPU %.2f s (registry %.2f, others %.2f%s), peak %.0f MiB"
          .formatted(wall, cpu(), registryCpu, foreignCpu, quiet ? "" : ": disturbed", peakMib);
    }
  }
}
