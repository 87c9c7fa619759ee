package dev.osimage.bench;

import java.io.IOException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What wrk says of one load.
 *
 * @param requests how many were answered whole
 * @param seconds how long it took
 * @param p99 seconds that 99 of 100 requests took at most
 */
record Wrk(long requests, double seconds, double p99) {

  private static final Pattern TOTAL = Pattern.compile("(\\d+) requests in ([\\d.]+)(us|ms|s|m),");
  private static final Pattern P99 = Pattern.compile("99%\\s+([\\d.]+)(us|ms|s|m)\\b");
  private static final Pattern ERRORS =
      Pattern.compile("Socket errors:.*|Non-2xx or 3xx responses:.*");
  private static final Map<String, Double> SECONDS =
      Map.of("us", 1e-6, "ms", 1e-3, "s", 1.0, "m", 60.0);

  /** Asks for a URL by so many connections for so many seconds. */
  static Wrk load(Workplace place, String url, int clients, int seconds) throws IOException {
    int threads = Math.min(clients, Runtime.getRuntime().availableProcessors());
    return parse(
        place.output(
            "wrk",
            "--latency",
            "--timeout",
            "120s",
            "-t" + threads,
            "-c" + clients,
            "-d" + seconds + "s",
            url));
  }

  static Wrk parse(String output) {
    var errors = ERRORS.matcher(output);
    if (errors.find()) {
      throw new BenchException("requests failed: " + errors.group());
    }
    var total = found(TOTAL, output);
    var p99 = found(P99, output);
    return new Wrk(
        Long.parseLong(total.group(1)),
        seconds(total.group(2), total.group(3)),
        seconds(p99.group(1), p99.group(2)));
  }

  private static Matcher found(Pattern pattern, String output) {
    var matcher = pattern.matcher(output);
    if (!matcher.find()) {
      throw new BenchException("wrk says something else than '" + pattern + "': " + output);
    }
    return matcher;
  }

  private static double seconds(String number, String unit) {
    return Double.parseDouble(number) * SECONDS.getOrDefault(unit, Double.NaN);
  }
}
