package dev.osimage.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {

  @Test
  void withoutSettingsEverythingIsMeasuredInFullSizeAndSevenPairs() {
    var options = Options.of(Map.of("BENCH_ROWS", "", "BENCH_SIZE", ""), List.of());

    assertThat(options).isEqualTo(new Options(List.of(Row.values()), 7, 1, false));
    assertThat(options.isFull()).isTrue();
  }

  @Test
  void resultsOfSmallerSizesOrFewerPairsAreNotKept() {
    assertThat(Options.of(Map.of("BENCH_SIZE", "0.5"), List.of()).isFull()).isFalse();
    assertThat(Options.of(Map.of("BENCH_PAIRS", "3"), List.of()).isFull()).isFalse();
  }

  @Test
  void rowsAreNamedWithSpacesOrCommasBetweenThem() {
    var options = Options.of(Map.of("BENCH_ROWS", "tar-gz, push copy"), List.of("--force"));

    assertThat(options.rows()).containsExactly(Row.TAR_GZ, Row.PUSH, Row.COPY);
    assertThat(options.force()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "BENCH_ROWS, pusch, there are push",
    "BENCH_PAIRS, 2.5, BENCH_PAIRS",
    "BENCH_PAIRS, many, must be a number",
    "BENCH_SIZE, 2, between 0.01 and 1"
  })
  void aMistakeIsExplained(String variable, String value, String sentence) {
    assertThatExceptionOfType(BenchException.class)
        .isThrownBy(() -> Options.of(Map.of(variable, value), List.of()))
        .withMessageContaining(sentence);
  }
}
