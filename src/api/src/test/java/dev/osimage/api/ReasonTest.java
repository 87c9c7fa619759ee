package dev.osimage.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReasonTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @EnumSource(Reason.class)
  void everyReasonIsReadBackFromItsWord(Reason reason) throws JsonProcessingException {
    assertThat(Reason.of(reason.text())).isEqualTo(reason);
    assertThat(JSON.writeValueAsString(reason)).isEqualTo("\"" + reason.text() + "\"");
    assertThat(JSON.readValue("\"" + reason.text() + "\"", Reason.class)).isEqualTo(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"DiskOnFire", "", "succeeded", "SUCCEEDED"})
  void aWordOfANewerBuilderIsAFailureThatMayPass(String word) {
    assertThat(Reason.of(word)).isEqualTo(Reason.INTERNAL_ERROR);
    assertThat(Reason.of(word).nature()).isEqualTo(Reason.Nature.PASSING);
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void everyWordIsOneThatConditionsAccept(Reason reason) {
    // metav1.Condition: a CamelCase word of letters and digits.
    assertThat(reason.text()).matches("[A-Z][A-Za-z0-9]*");
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void everyReasonExplainsItselfAndSaysWhatToDoWhereSomebodyHasTo(Reason reason) {
    assertThat(reason.sentence()).matches("[A-Z].*[.]");
    assertThat(reason.help()).matches("|[A-Z].*[.]");
    if (reason.nature() == Reason.Nature.FIX_INPUT || reason.nature() == Reason.Nature.CHANGE) {
      assertThat(reason.help()).isNotEmpty();
    }
  }

  @Test
  void noTwoReasonsShareAWord() {
    assertThat(Arrays.stream(Reason.values()).map(Reason::text)).doesNotHaveDuplicates();
  }
}
