package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {

  private static final Instant NOW = Instant.parse("1994-11-06T08:49:37Z");

  @ParameterizedTest
  @CsvSource({"0, 0", "3, 3", "' 120 ', 120", "007, 7", "99999999999, 99999999999"})
  void secondsAreSeconds(String header, long seconds) {
    assertThat(RetryAfter.parse(header, NOW)).hasValue(Duration.ofSeconds(seconds));
  }

  @Test
  void aDateIsTheTimeUntilThen() {
    assertThat(RetryAfter.parse("Sun, 06 Nov 1994 08:50:00 GMT", NOW))
        .hasValue(Duration.ofSeconds(23));
    assertThat(RetryAfter.parse("Sun, 06 Nov 1994 08:00:00 GMT", NOW)).hasValue(Duration.ZERO);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-1",
        "1.5",
        "soon",
        "3, 4",
        "٣",
        "Mon, 06 Nov 1994 08:50:00 GMT",
        "Sun, 06 Nov 999999999999 08:50:00 GMT"
      })
  void anythingElseSaysNothing(String header) {
    assertThat(RetryAfter.parse(header, NOW)).isEmpty();
  }

  @Test
  void noHeaderSaysNothing() {
    assertThat(RetryAfter.parse(null, NOW)).isEmpty();
  }
}
