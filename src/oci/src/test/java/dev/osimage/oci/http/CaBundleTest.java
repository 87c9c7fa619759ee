package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CaBundleTest {

  private static final HeldCertificate ONE = authority("one");
  private static final HeldCertificate TWO = authority("two");
  private static final HeldCertificate EXPIRED =
      new HeldCertificate.Builder()
          .commonName("expired")
          .certificateAuthority(0)
          .validityInterval(1_000_000_000_000L, 1_000_000_001_000L)
          .build();

  static Stream<String> bundles() {
    var one = ONE.certificatePem();
    var two = TWO.certificatePem();
    return Stream.of(
        one + two,
        one.strip() + "\n" + two.strip(),
        (one + two).replace("\n", "\r\n"),
        "# Our authorities -- both\nsubject=CN one\n\n" + one + "\n\nissuer=CN two\n" + two,
        one + two + "\n\n",
        "\uFEFF# saved by an editor\n" + one + two);
  }

  @ParameterizedTest
  @MethodSource("bundles")
  void allCertificatesOfABundleAreReadWhateverTextIsAroundThem(String pem) {
    assertThat(parse(pem).authorities()).containsExactly(ONE.certificate(), TWO.certificate());
  }

  @Test
  void oneCertificateInDerIsTakenToo() throws CertificateEncodingException {
    assertThat(CaBundle.parse(ONE.certificate().getEncoded()).authorities())
        .containsExactly(ONE.certificate());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "hello", "{\"ca\": 1}", "-----", "# nothing here\n"})
  void aBundleWithoutACertificateIsRefused(String text) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("it holds ")
        .hasMessageContaining("certificate");
  }

  @Test
  void whatIsNoCertificateIsRefusedEvenBesideOne() {
    var key = ONE.privateKeyPkcs8Pem();
    for (var text :
        List.of(
            ONE.certificatePem() + key,
            ONE.certificatePem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            ONE.certificatePem().substring(0, 200),
            ONE.certificatePem().replaceFirst("-----END[^\n]*\n", ""))) {
      assertThatThrownBy(() -> parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("it holds something that is not a certificate in PEM");
    }
  }

  @Test
  void aServerOfEachAuthorityIsTrustedAndOneOfAnotherIsNot() throws IOException {
    var bundle = parse(ONE.certificatePem() + TWO.certificatePem());

    assertThat(ask(bundle, serverOf(ONE))).isEqualTo("trusted");
    assertThat(ask(bundle, serverOf(TWO))).isEqualTo("trusted");
    assertThatThrownBy(() -> ask(bundle, serverOf(authority("three"))))
        .isInstanceOf(IOException.class)
        .satisfies(e -> assertThat(ConnectionFailure.isUntrusted(e)).isTrue());
  }

  @Test
  void aTransportThatTrustsOneMoreBundleStillTrustsThoseBefore() throws IOException {
    try (var http = transport();
        var one = server(serverOf(ONE));
        var two = server(serverOf(TWO))) {
      var both = http.trusting(parse(ONE.certificatePem())).trusting(parse(TWO.certificatePem()));

      assertThat(ask(both, one)).isEqualTo("trusted");
      assertThat(ask(both, two)).isEqualTo("trusted");
    }
  }

  @Test
  void anExpiredServerIsNotTrustedWhileAnAuthorityStaysOneAsInEveryTrustStoreOfJava()
      throws IOException {
    var expired =
        new HeldCertificate.Builder()
            .signedBy(ONE)
            .addSubjectAlternativeName("localhost")
            .validityInterval(1_000_000_000_000L, 1_000_000_001_000L)
            .build();

    assertThatThrownBy(() -> ask(parse(ONE.certificatePem()), expired))
        .isInstanceOf(IOException.class)
        .satisfies(e -> assertThat(ConnectionFailure.isUntrusted(e)).isTrue());
    assertThat(ask(parse(EXPIRED.certificatePem()), serverOf(EXPIRED))).isEqualTo("trusted");
  }

  @Test
  void aCertificateForAnotherNameIsNotTrusted() {
    var other =
        new HeldCertificate.Builder()
            .signedBy(ONE)
            .addSubjectAlternativeName("other.example")
            .build();

    assertThatThrownBy(() -> ask(parse(ONE.certificatePem()), other))
        .isInstanceOf(IOException.class)
        .satisfies(e -> assertThat(ConnectionFailure.isUntrusted(e)).isTrue());
  }

  @Test
  void theAuthoritiesOfTheRuntimeStayTrusted() {
    var without = new CaBundle(List.of()).trustManager().getAcceptedIssuers();
    var with = parse(ONE.certificatePem()).trustManager().getAcceptedIssuers();

    assertThat(without).isNotEmpty();
    assertThat(with).contains(without).contains(ONE.certificate()).hasSize(without.length + 1);
  }

  private static CaBundle parse(String pem) {
    return CaBundle.parse(pem.getBytes(StandardCharsets.UTF_8));
  }

  private static HeldCertificate authority(String name) {
    return new HeldCertificate.Builder().commonName(name).certificateAuthority(0).build();
  }

  private static HeldCertificate serverOf(HeldCertificate authority) {
    return new HeldCertificate.Builder()
        .signedBy(authority)
        .addSubjectAlternativeName("localhost")
        .build();
  }

  private static String ask(CaBundle bundle, HeldCertificate certificate) throws IOException {
    try (var http = transport();
        var server = server(certificate)) {
      return ask(http.trusting(bundle), server);
    }
  }

  private static HttpTransport transport() {
    return new HttpTransport(HttpSettings.of(Map.of()).withTimeouts(Duration.ofSeconds(10)));
  }

  private static MockWebServer server(HeldCertificate certificate) throws IOException {
    var tls = new HandshakeCertificates.Builder().heldCertificate(certificate).build();
    var server = new MockWebServer();
    server.useHttps(tls.sslSocketFactory());
    server.start();
    server.enqueue(new MockResponse.Builder().body("trusted").build());
    return server;
  }

  private static String ask(HttpTransport http, MockWebServer server) throws IOException {
    var url = HttpUrl.get("https://localhost:" + server.getPort());
    try (var response = http.send(new Request.Builder().url(url).build())) {
      return response.body().string();
    }
  }
}
