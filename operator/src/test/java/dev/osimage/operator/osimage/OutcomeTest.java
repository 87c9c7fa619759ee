package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.osimage.api.Reason;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The record of an attempt on its Job says the same after pod, log and operator are gone. */
class OutcomeTest {

  @Test
  void aResultIsReadBackAsItWas() {
    var succeeded = Examples.succeeded(A);

    assertThat(Outcome.read(Outcome.write(succeeded))).isEqualTo(succeeded);
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void aFailureIsReadBackAsItWas(Reason reason) {
    var failed =
        new Attempt.Failed(
            reason, "\"quoted\" <text>\nüber zwei Zeilen", Instant.parse("2026-03-01T11:59:00.5Z"));

    assertThat(Outcome.read(Outcome.write(failed))).isEqualTo(failed);
  }

  @Test
  void anAttemptOnItsWayHasNoOutcome() {
    assertThatIllegalArgumentException().isThrownBy(() -> Outcome.write(Examples.pending()));
    assertThatIllegalArgumentException().isThrownBy(() -> Outcome.write(Examples.running()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "null", "[]", "not JSON", "{\"result\": 1}"})
  void whatIsNoOutcomeIsRefused(String annotation) {
    assertThatIllegalArgumentException().isThrownBy(() -> Outcome.read(annotation));
  }
}
