package dev.osimage.api;

import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Durations as the custom resources write them: hours, minutes and seconds, such as 1h30m. */
public final class Durations {

  static final String RULE =
      "self.matches('^([0-9]{1,4}h)?([0-9]{1,5}m)?([0-9]{1,7}s)?$') && self != '' &&"
          + " duration(self) >= duration('1s') && duration(self) <= duration('24h')";
  static final String SENTENCE =
      "must be a duration between 1s and 24h in hours, minutes and seconds, such as 45s, 30m or"
          + " 1h30m";

  static final String LONG_RULE =
      "self.matches('^([0-9]{1,4}h)?([0-9]{1,5}m)?([0-9]{1,7}s)?$') && self != '' &&"
          + " duration(self) >= duration('1m') && duration(self) <= duration('8760h')";
  static final String LONG_SENTENCE =
      "must be a duration between 1m and 8760h in hours, minutes and seconds, such as 30m, 24h or"
          + " 720h";

  private static final Pattern SHAPE =
      Pattern.compile("(?:(\\d{1,4})h)?(?:(\\d{1,5})m)?(?:(\\d{1,7})s)?");

  private Durations() {}

  /**
   * Parses a duration from 1s to 24h; throws {@link IllegalArgumentException} with a sentence for
   * users.
   */
  public static Duration parse(String text) {
    return parse(text, Duration.ofSeconds(1), Duration.ofDays(1), SENTENCE);
  }

  /**
   * Parses a duration from 1m to 8760h, which is a year; throws {@link IllegalArgumentException}
   * with a sentence for users.
   */
  public static Duration parseLong(String text) {
    return parse(text, Duration.ofMinutes(1), Duration.ofDays(365), LONG_SENTENCE);
  }

  private static Duration parse(String text, Duration min, Duration max, String sentence) {
    var shape = SHAPE.matcher(text);
    if (text.isEmpty() || !shape.matches()) {
      throw new IllegalArgumentException("'" + text + "' " + sentence);
    }
    var duration =
        Duration.ofHours(number(shape.group(1)))
            .plusMinutes(number(shape.group(2)))
            .plusSeconds(number(shape.group(3)));
    if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
      throw new IllegalArgumentException("'" + text + "' " + sentence);
    }
    return duration;
  }

  private static long number(@Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }
}
