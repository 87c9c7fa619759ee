package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.NOW;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.attempt;
import static dev.osimage.operator.osimage.Examples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Reason;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryClockTest {

  @ParameterizedTest
  @CsvSource({
    "RegistryUnavailable, 1, 10",
    "RegistryUnavailable, 2, 20",
    "RegistryUnavailable, 5, 160",
    "RegistryUnavailable, 6, 300",
    "RegistryUnavailable, 998, 300",
    "CredentialsRefused, 1, 60",
    "CredentialsRefused, 2, 120",
    "CredentialsRefused, 4, 480",
    "CredentialsRefused, 5, 600",
    "CredentialsRefused, 998, 600"
  })
  void pausesDoubleUpToALimitAndAreAtMostAFifthLonger(String reason, int number, long seconds) {
    var failed = new Attempt.Failed(Reason.of(reason), "", NOW);
    var next = RetryClock.next(attempt(A, 1, number, failed), failed, A, SETTINGS).orElseThrow();

    assertThat(Duration.between(NOW, next))
        .isBetween(Duration.ofSeconds(seconds), Duration.ofSeconds(seconds * 6 / 5));
  }

  @Test
  void whatFailedTogetherDoesNotComeBackTogether() {
    var failed = new Attempt.Failed(Reason.REGISTRY_UNAVAILABLE, "", NOW);
    var times = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      var other = with(A, "commandLine", "n=" + i);
      times.add(RetryClock.next(attempt(other, 1, 1, failed), failed, other, SETTINGS));
    }

    assertThat(times).hasSizeGreaterThan(10);
  }

  @ParameterizedTest
  @CsvSource({"RegistryUnavailable", "CredentialsRefused"})
  void aLimitEndsAllAttempts(String reason) {
    var failed = new Attempt.Failed(Reason.of(reason), "", NOW);
    var limited = with(A, "retry", Map.of("limit", 3));

    assertThat(RetryClock.next(attempt(limited, 1, 2, failed), failed, limited, SETTINGS))
        .isPresent();
    assertThat(RetryClock.next(attempt(limited, 1, 3, failed), failed, limited, SETTINGS))
        .isEmpty();
  }
}
