package dev.osimage.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.osimage.operator.runtime.LeaseSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuntimeSettingsTest {

  private static RuntimeSettings settings(String... variables) {
    var env = new HashMap<String, String>();
    for (int i = 0; i < variables.length; i += 2) {
      env.put(variables[i], variables[i + 1]);
    }
    return RuntimeSettings.from(env);
  }

  private static RuntimeSettings elected(String duration, String deadline, String period) {
    return settings(
        "OSIMAGE_LEASE_NAME",
        "operator",
        "OSIMAGE_NAMESPACE",
        "osimage-system",
        "OSIMAGE_POD_NAME",
        "operator-1",
        "OSIMAGE_LEASE_DURATION",
        duration,
        "OSIMAGE_LEASE_RENEW_DEADLINE",
        deadline,
        "OSIMAGE_LEASE_RETRY_PERIOD",
        period);
  }

  @Test
  void withoutAnyVariableItIsAloneAndWatchesAll() {
    assertThat(settings()).isEqualTo(new RuntimeSettings(List.of(), Optional.empty(), 1000));
  }

  @Test
  void namespacesAreAListWithCommas() {
    assertThat(settings("OSIMAGE_WATCH_NAMESPACES", "a, b,").watchedNamespaces())
        .containsExactly("a", "b");
  }

  @Test
  void aLeaseHasClocksThatLetTheNextOneTakeOverWithinSeconds() {
    assertThat(elected("", "", "").lease())
        .contains(
            new LeaseSettings(
                "osimage-system",
                "operator",
                "operator-1",
                Duration.ofSeconds(10),
                Duration.ofSeconds(7),
                Duration.ofSeconds(2)));
    assertThat(elected("4s", "3s", "1s").lease()).isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OSIMAGE_NAMESPACE     | ''     | OSIMAGE_NAMESPACE is not set",
        "OSIMAGE_POD_NAME      | ''     | OSIMAGE_POD_NAME is not set",
        "OSIMAGE_LEASE_DURATION| 1 hour | OSIMAGE_LEASE_DURATION: '1 hour' must be a duration"
      })
  void aLeaseNeedsANamespaceAndAPod(String name, String value, String message) {
    var env =
        new HashMap<>(
            Map.of(
                "OSIMAGE_LEASE_NAME", "operator",
                "OSIMAGE_NAMESPACE", "osimage-system",
                "OSIMAGE_POD_NAME", "operator-1"));
    env.put(name, value);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> RuntimeSettings.from(env))
        .withMessageStartingWith(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "8s  | 7s | 2s | the lease duration of 8 s must be at least the renew deadline of 7 s and",
        "10s | 4s | 2s | the renew deadline of 4 s must be more than 2.2 times the retry period of 2 s"
      })
  void clocksThatWouldLetTwoWorkStopTheStart(
      String duration, String deadline, String period, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> elected(duration, deadline, period))
        .withMessageStartingWith("OSIMAGE_LEASE_DURATION")
        .withMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({"-1", "many", "1.5", "9999999999"})
  void aNumberIsANumber(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> settings("OSIMAGE_METRICS_OBJECTS", value))
        .withMessage("OSIMAGE_METRICS_OBJECTS: '" + value + "' is no number from 0 on");
  }
}
