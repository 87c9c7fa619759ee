package dev.osimage.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

class ReferenceFuzzTest {

  @FuzzTest
  void whatIsReadIsWrittenTheSame(byte[] input) {
    var text = new String(input, StandardCharsets.UTF_8);
    try {
      var reference = Reference.parse(text);
      assertThat(reference).hasToString(text);
      assertThat(Repository.parse(reference.repository().toString()))
          .isEqualTo(reference.repository());
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotEmpty();
    }
  }
}
