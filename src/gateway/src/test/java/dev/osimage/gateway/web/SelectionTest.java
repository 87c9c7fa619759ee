package dev.osimage.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectionTest {

  private static final String ETAG = "\"sha256:1\"";

  private static String of(@Nullable String range, @Nullable String ifRange) {
    return Selection.of(100, range, ifRange, ETAG)
        .map(s -> (s.partial() ? "206 " : "200 ") + s.start() + "-" + s.end())
        .orElse("416");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bytes=0-0        | 206 0-1",
        "bytes=0-         | 206 0-100",
        "bytes=10-19      | 206 10-20",
        "bytes=90-200     | 206 90-100",
        "bytes=-1         | 206 99-100",
        "bytes=-200       | 206 0-100",
        "bytes=99-        | 206 99-100",
        "bytes=100-       | 416",
        "bytes=-0         | 416",
        "bytes=5-4        | 200 0-100",
        "bytes=-          | 200 0-100",
        "bytes=0-1,5-6    | 200 0-100",
        "bytes=a-b        | 200 0-100",
        "lines=0-1        | 200 0-100",
        "bytes=0-99999999999999999999 | 200 0-100",
      })
  void aRangeIsWhatRfc9110Says(String range, String expected) {
    assertThat(of(range, null)).isEqualTo(expected);
  }

  @Test
  void aRangeOfWhatHasChangedMeanwhileIsAllOfIt() {
    assertThat(of("bytes=5-6", ETAG)).isEqualTo("206 5-7");
    assertThat(of("bytes=5-6", "\"sha256:2\"")).isEqualTo("200 0-100");
    assertThat(of("bytes=5-6", "Sat, 01 Jan 2026 00:00:00 GMT")).isEqualTo("200 0-100");
    assertThat(of(null, null)).isEqualTo("200 0-100");
  }
}
