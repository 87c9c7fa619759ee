package dev.osimage.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * What {@link Serving} found. Runs are in their order; those at the same place are a pair.
 *
 * @param date when, in UTC
 * @param commit of which sources; with {@code -dirty} when they had changes
 * @param scale what sizes and times were multiplied by
 */
@JsonPropertyOrder({"date", "commit", "scale", "disturbed", "machine", "versions"})
record GatewayResult(
    String date,
    String commit,
    double scale,
    Map<String, String> machine,
    Map<String, String> versions,
    List<Cached> cached,
    List<Cold> cold) {

  private static final double DIGITS = 1000;

  /** At least so much of nginx's throughput, and at most so much of its 99th percentile. */
  static final double THROUGHPUT_AIM = 0.9;

  static final double P99_AIM = 1.2;

  /** At most so much of the time that curl takes from the registry itself. */
  static final double COLD_AIM = 1.1;

  /** A part out of the cache, asked for by so many clients at once: ours and nginx. */
  record Cached(int clients, List<Load> ours, List<Load> theirs) {

    Spread throughput() {
      return ratio(Load::mibPerSecond);
    }

    Spread p99() {
      return ratio(Load::p99);
    }

    private Spread ratio(ToDoubleFunction<Load> value) {
      return Spread.ofRatios(all(ours, value), all(theirs, value));
    }
  }

  /**
   * One load.
   *
   * @param p99 seconds that 99 of 100 requests took at most
   * @param cpuPerGib seconds of CPU that the server used for each GiB
   * @param foreignCpu seconds of CPU that others used meanwhile
   * @param quiet whether that is little
   */
  record Load(double mibPerSecond, double p99, double cpuPerGib, double foreignCpu, boolean quiet) {

    Load {
      mibPerSecond = rounded(mibPerSecond);
      p99 = rounded(p99);
      cpuPerGib = rounded(cpuPerGib);
      foreignCpu = rounded(foreignCpu);
    }

    String text() {
      return "%5.0f MiB/s, p99 %.3f s, CPU %.3f s/GiB (others %.2f%s)"
          .formatted(mibPerSecond, p99, cpuPerGib, foreignCpu, quiet ? "" : ": disturbed");
    }
  }

  /** A part that is in no cache: through the gateway, and from the registry. */
  record Cold(String registry, List<Fetch> ours, List<Fetch> theirs) {

    Spread time() {
      return Spread.ofRatios(all(ours, Fetch::seconds), all(theirs, Fetch::seconds));
    }
  }

  /**
   * One download.
   *
   * @param gatewayCpu seconds of CPU of the gateway; 0 without one
   * @param gatewayPeakMib the most that it had resident; 0 without one
   */
  record Fetch(
      double seconds, double gatewayCpu, double gatewayPeakMib, double foreignCpu, boolean quiet) {

    Fetch {
      seconds = rounded(seconds);
      gatewayCpu = rounded(gatewayCpu);
      gatewayPeakMib = rounded(gatewayPeakMib);
      foreignCpu = rounded(foreignCpu);
    }

    String text() {
      return "%.2f s, gateway's CPU %.2f s, peak %.0f MiB (others %.2f%s)"
          .formatted(seconds, gatewayCpu, gatewayPeakMib, foreignCpu, quiet ? "" : ": disturbed");
    }
  }

  /** Whether a run counts during which others used the machine. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  boolean disturbed() {
    return !cached.stream()
            .flatMap(each -> Stream.concat(each.ours().stream(), each.theirs().stream()))
            .allMatch(Load::quiet)
        || !cold.stream()
            .flatMap(each -> Stream.concat(each.ours().stream(), each.theirs().stream()))
            .allMatch(Fetch::quiet);
  }

  private static <T> List<Double> all(List<T> runs, ToDoubleFunction<T> value) {
    return runs.stream().map(value::applyAsDouble).toList();
  }

  private static <T> String median(List<T> runs, ToDoubleFunction<T> value, String format) {
    return format.formatted(Spread.of(all(runs, value)).median());
  }

  private static double rounded(double value) {
    return Math.rint(value * DIGITS) / DIGITS;
  }

  /** One line. */
  String text() {
    var text = new StringBuilder();
    for (var each : cached) {
      text.append(
          "%d clients: %.2f of nginx's throughput, %.2f of its p99; "
              .formatted(each.clients(), each.throughput().median(), each.p99().median()));
    }
    for (var each : cold) {
      text.append("cold, %s: %.2f; ".formatted(each.registry(), each.time().median()));
    }
    return text + (disturbed() ? "DISTURBED" : "quiet");
  }

  /** To read. */
  String markdown() {
    var text = new StringBuilder("# %s%n%n".formatted(Row.GATEWAY.title()));
    if (disturbed()) {
      text.append("**Disturbed: other processes used the machine. This is no result.**\n\n");
    }
    if (scale != 1) {
      text.append("**Sizes and times times %s: this is no result.**%n%n".formatted(scale));
    }
    text.append(
        ("A part of 64 MiB out of the cache, by the gateway and by nginx. Aims: %s or more of its"
                + " throughput, %s or less of its 99th percentile. Ratios are medians"
                + " (smallest–largest) of pairs, the others medians.%n%n")
            .formatted(THROUGHPUT_AIM, P99_AIM));
    text.append(
        "| clients | throughput, ratio | p99, ratio | MiB/s | p99 s | CPU s per GiB | nginx: MiB/s | p99 s | CPU s per GiB |\n");
    text.append("|---|---|---|---|---|---|---|---|---|\n");
    for (var each : cached) {
      text.append(
          "| %d | %s | %s | %s | %s |%n"
              .formatted(
                  each.clients(),
                  Report.text(each.throughput()),
                  Report.text(each.p99()),
                  side(each.ours()),
                  side(each.theirs())));
    }
    text.append(
        ("%nA part of 1 GiB that is in no cache, to a file in memory: through the gateway by that of"
                + " curl from the registry. Aim: %s or less.%n%n")
            .formatted(COLD_AIM));
    text.append("| registry | ratio | s | gateway's CPU s | its peak MiB | registry itself: s |\n");
    text.append("|---|---|---|---|---|---|\n");
    for (var each : cold) {
      text.append(
          "| %s | %s | %s | %s | %s | %s |%n"
              .formatted(
                  each.registry(),
                  Report.text(each.time()),
                  median(each.ours(), Fetch::seconds, "%.2f"),
                  median(each.ours(), Fetch::gatewayCpu, "%.2f"),
                  median(each.ours(), Fetch::gatewayPeakMib, "%.0f"),
                  median(each.theirs(), Fetch::seconds, "%.2f")));
    }
    Report.table(text, "machine", machine);
    Report.table(text, "versions", versions);
    text.append("%n%s, commit %s%n".formatted(date, commit));
    return text.toString();
  }

  private static String side(List<Load> loads) {
    return "%s | %s | %s"
        .formatted(
            median(loads, Load::mibPerSecond, "%.0f"),
            median(loads, Load::p99, "%.3f"),
            median(loads, Load::cpuPerGib, "%.3f"));
  }
}
