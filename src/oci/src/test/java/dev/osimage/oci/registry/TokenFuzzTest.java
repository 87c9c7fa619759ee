package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.Duration;
import java.time.Instant;

class TokenFuzzTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @FuzzTest
  void aTokenFitsIntoAHeaderAndHasALifetime(byte[] input) {
    var token = Token.parse(input, Scopes.NONE, NOW);

    token.ifPresent(found -> {
      assertThat(found.text()).matches("[!-~]+");
      assertThat(found.lifetime()).isBetween(Duration.ofSeconds(1), Duration.ofDays(1));
      assertThat(found.usableAt(NOW.plus(found.lifetime()))).isFalse();
      assertThat(found).hasToString("Token[hidden]");
    });
  }
}
