package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChallengeTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull,push\"",
        "bEARER Realm = \"https://a/t\" , SERVICE=s,,scope=\"repository:a/b:pull,push\"",
        "Bearer realm=https://a/t, service=\"\\s\", scope=\"repository:a/b:pull,push\"",
        " , Bearer\trealm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull,push\", realm=x"
      })
  void aChallengeIsReadHoweverItIsWritten(String header) {
    assertThat(Challenge.parse(List.of(header)))
        .containsExactly(
            new Challenge(
                "bearer",
                Map.of(
                    "realm", "https://a/t", "service", "s", "scope", "repository:a/b:pull,push")));
  }

  @Test
  void severalChallengesInOneLineAreSeveral() {
    var header =
        "Negotiate, Negotiate YII==, Digest realm=\"a, Basic realm=\\\"b\\\"\", nonce=\"c==\","
            + " stale=false, Basic realm=\"x\"";

    assertThat(Challenge.parse(List.of(header, "Bearer realm=\"y\"")))
        .extracting(Challenge::scheme)
        .contains("negotiate", "digest", "basic", "bearer");
    assertThat(Challenge.parse(List.of(header)).getLast().parameter("realm")).isEqualTo("x");
    assertThat(Challenge.parse(List.of(header)))
        .filteredOn(challenge -> challenge.scheme().equals("basic"))
        .hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",", "=", "\"", "Bearer realm=\"", "a=b"})
  void whatIsNoChallengeIsPassedOver(String header) {
    assertThat(Challenge.parse(List.of(header)))
        .allSatisfy(challenge -> assertThat(challenge.parameter("realm")).isEmpty());
  }

  @Test
  void anyTextEndsAndALongOneIsNotRead() {
    var random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      var text = new StringBuilder();
      for (int length = random.nextInt(20); length > 0; length--) {
        text.append("Ba =,\"\\\t".charAt(random.nextInt(8)));
      }
      Challenge.parse(List.of(text.toString()));
    }
    assertThat(Challenge.parse(List.of("Basic realm=\"" + "x".repeat(20_000) + "\""))).isEmpty();
  }
}
