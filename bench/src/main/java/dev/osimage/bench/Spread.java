package dev.osimage.bench;

import java.util.ArrayList;
import java.util.List;

/** Where measured values lie. With an even number of them, the median is the middle of two. */
record Spread(double median, double min, double max) {

  /** The spread of at least one value. */
  static Spread of(List<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no values have no median");
    }
    var sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    double median =
        sorted.size() % 2 == 1
            ? sorted.get(middle)
            : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    return new Spread(median, sorted.getFirst(), sorted.getLast());
  }

  /**
   * The spread of the ratios of pairs, each of two runs that came one after the other. What slows
   * the machine down for a while slows both of a pair, and leaves its ratio as it is.
   */
  static Spread ofRatios(List<Double> ours, List<Double> theirs) {
    if (ours.size() != theirs.size()) {
      throw new IllegalArgumentException(ours.size() + " and " + theirs.size() + " are no pairs");
    }
    var ratios = new ArrayList<Double>();
    for (int i = 0; i < ours.size(); i++) {
      ratios.add(ours.get(i) / theirs.get(i));
    }
    return of(ratios);
  }
}
