package dev.osimage.bench;

import java.util.List;

/** Seconds that something took, of many times: the median, the 99th percentile, the most. */
record Latency(double p50, double p99, double max) {

  private static final double MILLIS = 1000;

  /** Of times, which may be in any order. */
  static Latency of(List<Double> seconds) {
    var sorted = seconds.stream().sorted().toList();
    return new Latency(rounded(sorted, 0.5), rounded(sorted, 0.99), rounded(sorted, 1));
  }

  /** The smallest value that so many of all do not exceed. */
  private static double rounded(List<Double> sorted, double share) {
    int rank = (int) Math.ceil(share * sorted.size());
    return Math.rint(sorted.get(Math.max(rank, 1) - 1) * MILLIS) / MILLIS;
  }
}
