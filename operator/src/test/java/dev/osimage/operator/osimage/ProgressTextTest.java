package dev.osimage.operator.osimage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.image.BuilderLine;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTextTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0           | 1024          | 0% of 1.0 KiB",
        "0           | 0             | 100% of 0 B",
        "1           | 3             | 33% of 3 B",
        "123312538   | 293601280     | 42% of 280 MiB",
        "5368709119  | 5368709120    | 99% of 5.0 GiB",
        "5368709120  | 5368709120    | 100% of 5.0 GiB",
        "1099511627776 | 9007199254740992 | 0% of 8192 TiB"
      })
  void aBuildWhoseSizeIsKnownHasAPercentage(long bytes, long total, String text) {
    assertThat(ProgressText.of(new BuilderLine.Progress(1, 3, bytes, total))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0         | 0 B, 1/3 parts",
        "1023      | 1023 B, 1/3 parts",
        "1536      | 1.5 KiB, 1/3 parts",
        "104857600 | 100 MiB, 1/3 parts"
      })
  void aBuildWhoseSizeIsUnknownHasBytesAndParts(long bytes, String text) {
    assertThat(ProgressText.of(new BuilderLine.Progress(1, 3, bytes, null))).isEqualTo(text);
  }
}
