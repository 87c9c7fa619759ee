package dev.osimage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

  @ParameterizedTest
  @CsvSource({
    "1s, PT1S",
    "45s, PT45S",
    "30m, PT30M",
    "24h, PT24H",
    "1h30m, PT1H30M",
    "1h2m3s, PT1H2M3S",
    "1h3s, PT1H3S",
    "90m, PT90M",
    "86400s, PT24H",
    "007m, PT7M"
  })
  void aDurationIsTheSumOfItsHoursMinutesAndSeconds(String text, Duration duration) {
    assertThat(Durations.parse(text)).isEqualTo(duration);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "1", "h", "1d", "1ms", "-1s", "+1s", "1.5h", "1h 30m", "30m1h", "1s1s", "1H",
        "PT1H", "1h\n", "99999h", "\u0661s"
      })
  void aTextOfAnotherShapeIsRefusedWithASentence(String text) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "'%s' must be a duration between 1s and 24h in hours, minutes and seconds, such as"
                + " 45s, 30m or 1h30m",
            text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "0h0m0s", "24h1s", "25h", "86401s", "9999h99999m9999999s"})
  void aDurationOutsideOneSecondToOneDayIsRefusedAsAdmissionRefusesIt(String text) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("between 1s and 24h");
  }
}
