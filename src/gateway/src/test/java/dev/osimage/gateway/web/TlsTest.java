package dev.osimage.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Objects;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A gateway with a certificate. */
class TlsTest {

  private final HeldCertificate authority =
      new HeldCertificate.Builder().certificateAuthority(0).build();

  @TempDir Path folder;

  enum Key {
    RSA_PKCS8,
    RSA_PKCS1,
    EC_PKCS8
  }

  private HeldCertificate issue(Key key) {
    var builder =
        new HeldCertificate.Builder().signedBy(authority).addSubjectAlternativeName("127.0.0.1");
    return (key == Key.EC_PKCS8 ? builder.ecdsa256() : builder.rsa2048()).build();
  }

  private ServerCertificate write(HeldCertificate held, Key key) throws IOException {
    Files.writeString(
        folder.resolve("tls.crt"), held.certificatePem() + authority.certificatePem());
    Files.writeString(
        folder.resolve("tls.key"),
        key == Key.RSA_PKCS1 ? held.privateKeyPkcs1Pem() : held.privateKeyPkcs8Pem());
    return ServerCertificate.in(folder);
  }

  private OkHttpClient client() {
    var trust =
        new HandshakeCertificates.Builder().addTrustedCertificate(authority.certificate()).build();
    return new OkHttpClient.Builder()
        .callTimeout(Duration.ofSeconds(30))
        .sslSocketFactory(trust.sslSocketFactory(), trust.trustManager())
        .build();
  }

  private static Response get(OkHttpClient client, TestGateway gateway, String path)
      throws IOException {
    return client
        .newCall(
            new Request.Builder()
                .url("https://127.0.0.1:%d%s".formatted(gateway.port(), path))
                .build())
        .execute();
  }

  private static X509Certificate shown(Response response) {
    return (X509Certificate)
        Objects.requireNonNull(response.handshake()).peerCertificates().getFirst();
  }

  @ParameterizedTest
  @EnumSource
  void everyKindOfKeyServesWholeParts(Key key) throws IOException {
    var held = issue(key);
    try (var gateway = TestGateway.withTls(folder, write(held, key));
        var response = get(client(), gateway, TestGateway.ROOT + "rootfs")) {
      assertThat(shown(response)).isEqualTo(held.certificate());
      assertThat(Objects.requireNonNull(response.handshake()).peerCertificates()).hasSize(2);
      assertThat(response.body().bytes()).isEqualTo(TestGateway.ROOTFS);
    }
  }

  @Test
  void whoSpeaksPlainHttpIsNotServed() throws IOException {
    try (var gateway = TestGateway.withTls(folder, write(issue(Key.EC_PKCS8), Key.EC_PKCS8))) {
      assertThat(gateway.raw("GET " + TestGateway.ROOT + "kernel HTTP/1.0\r\n\r\n"))
          .doesNotContain("200");
      try (var response = get(client(), gateway, TestGateway.ROOT + "kernel")) {
        assertThat(response.body().bytes()).isEqualTo(TestGateway.KERNEL);
      }
    }
  }

  @Test
  void whoConnectsAndNeverShakesHandsIsCutOff() throws IOException {
    try (var gateway = TestGateway.withTls(folder, write(issue(Key.EC_PKCS8), Key.EC_PKCS8));
        var socket = gateway.connect()) {
      socket.setSoTimeout(20_000);

      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void aCertificateThatIsReplacedIsServedToNewConnectionsAndAWrongOneIsNot() throws IOException {
    var certificate = write(issue(Key.EC_PKCS8), Key.EC_PKCS8);
    try (var gateway = TestGateway.withTls(folder, certificate)) {
      var next = issue(Key.RSA_PKCS1);
      write(next, Key.RSA_PKCS1);
      gateway.renew(certificate);
      try (var response = get(client(), gateway, TestGateway.ROOT + "kernel")) {
        assertThat(shown(response)).isEqualTo(next.certificate());
      }

      Files.writeString(certificate.key(), issue(Key.EC_PKCS8).privateKeyPkcs8Pem());
      gateway.renew(certificate);
      try (var response = get(client(), gateway, TestGateway.ROOT + "kernel")) {
        assertThat(shown(response)).isEqualTo(next.certificate());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tls.key, '', no private key",
    "tls.key, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', damaged",
    "tls.key, another, not the key of the first certificate",
    "tls.crt, '', no certificate",
    "tls.crt, nonsense, can't be used"
  })
  void whatIsWrongWithTheFilesIsSaidAtTheStart(String file, String content, String words)
      throws IOException {
    var certificate = write(issue(Key.EC_PKCS8), Key.EC_PKCS8);
    Files.writeString(
        folder.resolve(file),
        content.equals("another") ? issue(Key.EC_PKCS8).privateKeyPkcs8Pem() : content);

    assertThatThrownBy(() -> TestGateway.withTls(folder, certificate).close())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file)
        .hasMessageContaining(words);
  }
}
