package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

class RetryAfterFuzzTest {

  private static final Instant NOW = Instant.parse("1994-11-06T08:49:37Z");

  @FuzzTest
  void aWaitIsNeverNegativeAndIsWhatTheSecondsSay(byte[] input) {
    var header = new String(input, StandardCharsets.UTF_8);

    var wait = RetryAfter.parse(header, NOW);

    wait.ifPresent(found -> {
      assertThat(found.isNegative()).isFalse();
      assertThat(RetryAfter.parse(" " + header + " ", NOW)).isEqualTo(wait);
      if (found.toSeconds() > 0 && header.strip().length() < 19) {
        assertThat(RetryAfter.parse(Long.toString(found.toSeconds()), NOW)).isEqualTo(wait);
      }
    });
  }
}
