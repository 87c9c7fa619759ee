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

  private static final Pattern SHAPE =
      Pattern.compile("(?:(\\d{1,4})h)?(?:(\\d{1,5})m)?(?:(\\d{1,7})s)?");

  private Durations() {}

  /** Parses a duration; throws {@link IllegalArgumentException} with a sentence for users. */
  public static Duration parse(String text) {
    var shape = SHAPE.matcher(text);
    if (text.isEmpty() || !shape.matches()) {
      throw new IllegalArgumentException("'" + text + "' " + SENTENCE);
    }
    var duration =
        Duration.ofHours(number(shape.group(1)))
            .plusMinutes(number(shape.group(2)))
            .plusSeconds(number(shape.group(3)));
    if (duration.isZero() || duration.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException("'" + text + "' " + SENTENCE);
    }
    return duration;
  }

  private static long number(@Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }
}
