package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

class ChallengeFuzzTest {

  @FuzzTest
  void challengesAreWordsWithParametersAndNoMoreThanTheHeaderHas(byte[] input) {
    var header = new String(input, StandardCharsets.ISO_8859_1);

    var challenges = Challenge.parse(List.of(header));

    int length = 0;
    for (var challenge : challenges) {
      assertThat(challenge.scheme()).isNotEmpty().doesNotContain(" ", ",", "=", "\"");
      assertThat(challenge.scheme()).isEqualTo(challenge.scheme().toLowerCase(Locale.ROOT));
      length += challenge.scheme().length();
      for (var parameter : challenge.parameters().entrySet()) {
        assertThat(parameter.getKey()).isNotEmpty().doesNotContain(" ", ",", "=", "\"");
        length += parameter.getKey().length() + parameter.getValue().length();
      }
    }
    assertThat(length).isLessThanOrEqualTo(header.length());
    assertThat(Challenge.parse(List.of("Basic", header)).subList(1, challenges.size() + 1))
        .isEqualTo(challenges);
  }
}
