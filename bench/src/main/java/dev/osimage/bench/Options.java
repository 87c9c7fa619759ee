package dev.osimage.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What the caller wants.
 *
 * @param rows the rows to measure
 * @param pairs how many pairs of runs each takes
 * @param scale what all sizes are multiplied by; results of other scales than 1 are for trying out
 * @param force whether disturbed runs count too; the result then says so
 */
record Options(List<Row> rows, int pairs, double scale, boolean force) {

  static final int DEFAULT_PAIRS = 7;

  private static final double MIN_SCALE = 0.01;

  /** Reads {@code BENCH_ROWS}, {@code BENCH_PAIRS}, {@code BENCH_SIZE} and {@code --force}. */
  static Options of(Map<String, String> environment, List<String> arguments) {
    var names = environment.getOrDefault("BENCH_ROWS", "");
    var rows =
        names.isBlank()
            ? List.of(Row.values())
            : Arrays.stream(names.strip().split("[, ]+", -1)).map(Row::of).toList();
    var pairs = number(environment, "BENCH_PAIRS", DEFAULT_PAIRS);
    var scale = number(environment, "BENCH_SIZE", 1);
    require(pairs >= 1 && pairs == Math.rint(pairs), "BENCH_PAIRS must be 1, 2, 3 …");
    require(scale >= MIN_SCALE && scale <= 1, "BENCH_SIZE must be between 0.01 and 1");
    for (var argument : arguments) {
      require(argument.equals("--force"), "the only argument is --force, not " + argument);
    }
    return new Options(rows, (int) pairs, scale, !arguments.isEmpty());
  }

  private static double number(Map<String, String> environment, String name, double otherwise) {
    var text = environment.getOrDefault(name, "");
    try {
      return text.isBlank() ? otherwise : Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new BenchException(name + " must be a number, not '" + text + "'");
    }
  }

  private static void require(boolean holds, String sentence) {
    if (!holds) {
      throw new BenchException(sentence);
    }
  }

  /** Whether these are the sizes and the number of pairs that results are kept of. */
  boolean isFull() {
    return scale == 1 && pairs >= DEFAULT_PAIRS;
  }

  /** So many bytes in this run, where {@code bytes} are in a full one. */
  long scaled(long bytes) {
    return (long) (bytes * scale);
  }
}
