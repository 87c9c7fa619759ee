package dev.osimage.operator.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Boot;
import dev.osimage.api.Part;
import dev.osimage.api.Reason;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.operator.BuilderNetwork;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BootProbeTest {

  private static final List<Part> PARTS =
      List.of(
          new Part("kernel", "t", "sha256:1", 20, "https://registry/kernel"),
          new Part("initramfs", "t", "sha256:2", 10, "https://registry/initramfs"));

  private final MockWebServer gateway = new MockWebServer();
  private final List<String> asked = new ArrayList<>();
  private final HttpTransport http = new HttpTransport(HttpSettings.of(Map.of()));
  private final BootProbe probe = new BootProbe(http, Duration.ofSeconds(2));

  @BeforeEach
  void begin() throws IOException {
    gateway.start();
  }

  @AfterEach
  void end() {
    gateway.close();
    http.close();
  }

  @Test
  void aGatewayWithTlsIsTrustedByTheAuthoritiesOfTheChart() {
    var authority = new HeldCertificate.Builder().certificateAuthority(0).build();
    var certificate =
        new HeldCertificate.Builder()
            .signedBy(authority)
            .addSubjectAlternativeName(gateway.getHostName())
            .build();
    gateway.useHttps(
        new HandshakeCertificates.Builder()
            .heldCertificate(certificate)
            .build()
            .sslSocketFactory());
    answers("", new MockResponse.Builder().build());

    assertThat(look().reason()).isEqualTo(Reason.UNTRUSTED_CERTIFICATE);
    assertThat(look().message()).contains("builder.caBundle");
    var network = new BuilderNetwork(authority.certificatePem(), Map.of());
    try (var trusting = network.transport()) {
      var finding = new BootProbe(trusting, Duration.ofSeconds(2)).look(boot(), PARTS);
      assertThat(finding.reachable()).as(finding.message()).isTrue();
    }
  }

  private BootFinding look() {
    return probe.look(boot(), PARTS);
  }

  private Boot boot() {
    return new Boot(
        1, url("kernel"), url("initramfs"), null, null, null, null, "", url("boot.ipxe"));
  }

  private String url(String file) {
    return gateway.url("/" + file).toString();
  }

  /** Answers as a gateway does, except for what {@code wrong} is about. */
  private void answers(String wrong, MockResponse wrongAnswer) {
    gateway.setDispatcher(
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            var range = request.getHeaders().get("Range");
            var line = request.getMethod() + " " + request.getTarget();
            asked.add(line);
            if (line.equals(wrong)) {
              return wrongAnswer;
            }
            var answer = new MockResponse.Builder().code(range == null ? 200 : 206);
            return line.startsWith("HEAD") ? answer.build() : answer.body("x").build();
          }
        });
  }

  @Test
  void everyPartIsAskedForAndOfTheSmallestItsFirstByte() {
    answers("", new MockResponse.Builder().build());

    assertThat(look().reachable()).isTrue();
    assertThat(asked)
        .containsExactly("HEAD /kernel", "HEAD /initramfs", "GET /initramfs", "GET /boot.ipxe");
  }

  @Test
  void theReasonIsTheOneThatTheGatewayNames() {
    answers(
        "GET /initramfs",
        new MockResponse.Builder()
            .code(502)
            .setHeader("OsImage-Reason", "CredentialsRefused")
            .body("the registry wants a password")
            .build());

    var finding = look();
    assertThat(finding.reachable()).isFalse();
    assertThat(finding.reason()).isEqualTo(Reason.CREDENTIALS_REFUSED);
    assertThat(finding.message())
        .contains("/initramfs", "HTTP 502", "the registry wants a password");
  }

  @Test
  void anotherServerAtThatUrlIsNoGateway() {
    answers("HEAD /kernel", new MockResponse.Builder().code(404).build());

    assertThat(look().reason()).isEqualTo(Reason.GATEWAY_UNREACHABLE);
  }

  @Test
  void aGatewayThatIsNotThereIsSaid() {
    gateway.close();

    var finding = look();
    assertThat(finding.reachable()).isFalse();
    assertThat(finding.reason()).isEqualTo(Reason.GATEWAY_UNREACHABLE);
    assertThat(finding.message()).contains("/kernel");
  }
}
