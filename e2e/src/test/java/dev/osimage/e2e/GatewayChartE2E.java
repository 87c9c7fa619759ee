package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the chart makes of the values for the boot gateway. */
class GatewayChartE2E {

  private static Command.Result template(String... values) {
    var words =
        Stream.concat(
            Stream.of(
                "template",
                Project.file("helm/osimage-operator").toString(),
                "--set",
                "gateway.enabled=true"),
            Stream.of(values).flatMap(value -> Stream.of("--set", value)));
    return Command.of("helm", words.toArray(String[]::new)).result();
  }

  private static String rendered(String... values) {
    var result = template(values);
    assertThat(result.exit()).as(result.err()).isZero();
    return result.out();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://192.0.2.1:30080/ | without a slash at the end",
        "192.0.2.1:30080 | such as http://",
        "https://192.0.2.1:30443 | plain HTTP, unless gateway.tls.secretName is set",
        "http://192.0.2.1:30080 | gateway.service.nodePort"
      })
  void aUrlByWhichNoMachineWouldReachItIsRefused(String url, String complaint) {
    var result = template("gateway.url=" + url);

    assertThat(result.exit()).isNotZero();
    assertThat(result.err()).contains(complaint);
  }

  @Test
  void aCertificateIsMountedWhereTheGatewayLooksForIt() {
    var plain = "gateway.url=http://boot.lan";
    var secret = "gateway.tls.secretName=boot-tls";

    assertThat(rendered("gateway.url=https://boot.lan", secret))
        .contains(
            "name: OSIMAGE_GATEWAY_TLS", "mountPath: /etc/osimage-tls", "secretName: boot-tls");
    assertThat(rendered(plain)).doesNotContain("OSIMAGE_GATEWAY_TLS", "osimage-tls");
    assertThat(template(plain, secret).err()).contains("such as https://", "TLS, since");
  }
}
