package dev.osimage.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

  private static Settings settings(String... variables) {
    var env = new HashMap<String, String>(Map.of("OSIMAGE_BUILDER_IMAGE", "example.com/osimage:1"));
    for (int i = 0; i < variables.length; i += 2) {
      env.put(variables[i], variables[i + 1]);
    }
    return Settings.from(env);
  }

  @Test
  void onlyTheBuilderImageHasToBeSet() {
    var settings = settings();

    assertThat(settings.builderImage()).isEqualTo("example.com/osimage:1");
    assertThat(settings.builderPullPolicy()).isEqualTo("IfNotPresent");
    assertThat(settings.builderPullSecrets()).isEmpty();
    assertThat(settings.timeout()).isEqualTo(Duration.ofHours(1));
    assertThat(settings.pendingTimeout()).isEqualTo(Duration.ofMinutes(15));
    assertThat(settings.retryInitial()).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.retryMax()).isEqualTo(Duration.ofMinutes(5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  "})
  void anEmptyVariableIsNotSet(String empty) {
    assertThat(settings("OSIMAGE_TIMEOUT", empty)).isEqualTo(settings());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> settings("OSIMAGE_BUILDER_IMAGE", empty))
        .withMessage("OSIMAGE_BUILDER_IMAGE is not set");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"a|a", "a,b|a,b", "' a , b,'|a,b", "','|''"})
  void pullSecretsAreAListWithCommas(String variable, String expected) {
    assertThat(
            String.join(
                ",", settings("OSIMAGE_BUILDER_PULL_SECRETS", variable).builderPullSecrets()))
        .isEqualTo(expected);
  }

  @Test
  void resourcesAreWrittenAsInAPod() {
    var resources =
        settings(
                "OSIMAGE_BUILDER_RESOURCES",
                "{\"requests\":{\"cpu\":\"100m\"},\"limits\":{\"memory\":\"256Mi\"}}")
            .builderResources();

    assertThat(resources.getRequests()).containsEntry("cpu", new Quantity("100m"));
    assertThat(resources.getLimits()).containsEntry("memory", new Quantity("256Mi"));
  }

  @Test
  void whatIsAddedToBuilderPodsIsWrittenAsInAPod() {
    var pod =
        settings(
                "OSIMAGE_BUILDER_POD",
                """
                {
                  "labels": {"team": "os"},
                  "nodeSelector": {"disktype": "ssd"},
                  "tolerations": [{"key": "builds", "operator": "Exists"}],
                  "affinity": {"nodeAffinity": {}},
                  "priorityClassName": "",
                  "env": {"NO_PROXY": ".svc", "HTTPS_PROXY": "http://proxy.example.com:3128"}
                }
                """)
            .builderPod();

    assertThat(pod.labels()).containsEntry("team", "os");
    assertThat(pod.annotations()).isEmpty();
    assertThat(pod.nodeSelector()).containsEntry("disktype", "ssd");
    assertThat(pod.tolerations()).extracting("key").containsExactly("builds");
    assertThat(pod.affinity()).isNotNull();
    assertThat(pod.priorityClassName()).isNull();
    assertThat(pod.variables()).extracting("name").containsExactly("HTTPS_PROXY", "NO_PROXY");
    assertThat(settings().builderPod()).isEqualTo(BuilderPod.PLAIN);
  }

  @Test
  void aProxyThatIsNoneIsNamedWithoutItsPassword() {
    var env = "{\"env\": {\"HTTPS_PROXY\": \"https://me:secret@proxy.example.com\"}}";

    assertThatIllegalArgumentException()
        .isThrownBy(() -> settings("OSIMAGE_BUILDER_POD", env))
        .withMessageContaining("HTTPS_PROXY is not of the form http://host:port")
        .withMessageNotContaining("secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hello", "# nothing here", "-----BEGIN CERTIFICATE-----"})
  void aBrokenBundleOfAuthoritiesStopsTheStartAndIsNamedAsInTheChart(String pem) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> settings("OSIMAGE_BUILDER_NETWORK", "{\"caBundle\": \"%s\"}".formatted(pem)))
        .withMessageStartingWith("OSIMAGE_BUILDER_NETWORK ")
        .withMessageContaining("builder.caBundle can't be used: it holds ");
  }

  @Test
  void anEmptyNetworkIsAPlainOne() {
    assertThat(
            settings("OSIMAGE_BUILDER_NETWORK", "{\"caBundle\": \"\", \"mirrors\": {}}")
                .builderNetwork())
        .isEqualTo(BuilderNetwork.PLAIN);
    assertThat(settings().builderNetwork()).isEqualTo(BuilderNetwork.PLAIN);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OSIMAGE_TIMEOUT | 5 minutes",
        "OSIMAGE_PENDING_TIMEOUT | -1s",
        "OSIMAGE_RETRY_INITIAL | 10",
        "OSIMAGE_RETRY_MAX | 1d",
        "OSIMAGE_RETRY_INITIAL | 6m",
        "OSIMAGE_SLOW_RETRY_INITIAL | 10m1s",
        "OSIMAGE_KEPT_JOBS | 0",
        "OSIMAGE_KEPT_JOBS_AGE | 0s",
        "OSIMAGE_PROGRESS_INTERVAL | 5S",
        "OSIMAGE_BUILDER_RESOURCES | memory: 1Gi",
        "OSIMAGE_BUILDER_RESOURCES | null",
        "OSIMAGE_ALLOWED_HOSTS | https://example.com",
        "OSIMAGE_BUILDER_POD | nodeSelector",
        "OSIMAGE_BUILDER_POD | {\"nodeSelector\": \"ssd\"}",
        "OSIMAGE_BUILDER_POD | {\"tolerations\": {\"key\": \"builds\"}}",
        "OSIMAGE_BUILDER_POD | {\"env\": {\"HTTP_PROXY\": \"socks5://proxy:1080\"}}",
        "OSIMAGE_BUILDER_NETWORK | mirrors",
        "OSIMAGE_BUILDER_NETWORK | {\"mirrors\": {\"https://a.example/\": \"http://b.lan/\"}}",
        "OSIMAGE_BUILDER_NETWORK | {\"mirrors\": {\"https://a.example/x\": []}}",
        "OSIMAGE_BUILDER_NETWORK | {\"mirrors\": {\"a.example\": []}}",
        "OSIMAGE_BUILDER_NETWORK | {\"mirrors\": {\"https://a.example/\": [\"ftp://b.lan/\"]}}",
        "OSIMAGE_BUILDER_NETWORK | {\"mirrors\": {\"https://a.example/\": [\"http://u:p@b.lan/\"]}}",
        "OSIMAGE_BUILDER_NETWORK | {\"mirrors\": {\"https://a.example/\": [\"http://b.lan/?x=/\"]}}",
        "OSIMAGE_BUILDER_NETWORK | {\"mirrors\": {\"https://a.example/\": [null]}}"
      })
  void aWrongValueStopsTheStartAndNamesItsVariable(String name, String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> settings(name, value))
        .withMessageStartingWith(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OSIMAGE_TIMEOUT",
        "OSIMAGE_PENDING_TIMEOUT",
        "OSIMAGE_RETRY_INITIAL",
        "OSIMAGE_RETRY_MAX",
        "OSIMAGE_PROGRESS_INTERVAL"
      })
  void noClockMayBeZeroBecauseThatIsALoop(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> settings(name, "0s"))
        .withMessageStartingWith(name);
  }
}
