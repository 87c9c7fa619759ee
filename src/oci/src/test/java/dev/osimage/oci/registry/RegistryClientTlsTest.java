package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Digest;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.OptionalLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RegistryClientTlsTest {

  private static final Digest DIGEST = Digest.of(new byte[] {'x'});
  private static final char[] PASSWORD = "changeit".toCharArray();

  private static KeyStore good;
  private static KeyStore otherName;

  private MockRegistry registry;

  @BeforeAll
  static void makeCertificates(@TempDir Path folder) throws Exception {
    good = selfSigned(folder.resolve("good.p12"), "ip:127.0.0.1");
    otherName = selfSigned(folder.resolve("other.p12"), "dns:other.example");
  }

  @BeforeEach
  void start() throws IOException {
    registry = new MockRegistry();
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  @Test
  void aRegistryWithATrustedCertificateIsSpokenToOverHttp11() throws Exception {
    serve(good);
    registry.server.enqueue(
        MockRegistry.response(200).headers(Headers.of("Content-Length", "1")).build());

    assertThat(client(good).blobSize(DIGEST)).hasValue(1);
    var request = registry.request();
    assertThat(request.getVersion()).isEqualTo("HTTP/1.1");
    assertThat(request.getHeaders().get("Authorization")).isEqualTo(MockRegistry.BASIC);
  }

  @Test
  void aCertificateOfAnUnknownAuthorityIsUntrustedAndNotUnavailable() throws Exception {
    serve(good);

    assertUntrusted(otherName);
  }

  @Test
  void aCertificateForAnotherNameIsUntrustedAndNotUnavailable() throws Exception {
    serve(otherName);

    assertUntrusted(otherName);
  }

  @Test
  void aLocationThatLeavesTlsIsRefusedAndGetsNothing() throws Exception {
    serve(good);
    try (var plain = new MockRegistry()) {
      registry.answer(202, "Location", "http://" + plain.host() + "/s?_state=s3cr3t");

      assertThatThrownBy(() ->
              client(good)
                  .pushBlob(DIGEST, new ByteArrayInputStream(new byte[] {'x'}), OptionalLong.of(1)))
          .isInstanceOfSatisfying(
              RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
          .hasMessageEndingWith("it answered with a Location that leaves TLS");
      assertThat(plain.requests()).isEmpty();
    }
  }

  @Test
  void aRedirectThatLeavesTlsIsNotFollowed() throws Exception {
    serve(good);
    try (var plain = new MockRegistry()) {
      registry.answer(307, "Location", "http://" + plain.host() + "/b");

      assertThatThrownBy(() -> client(good).blobStart(DIGEST, 1))
          .isInstanceOf(RegistryException.class)
          .hasMessageEndingWith("HTTP 307");
      assertThat(plain.requests()).isEmpty();
    }
  }

  private void assertUntrusted(KeyStore trusted) throws Exception {
    var client = client(trusted);

    assertThatThrownBy(() -> client.blobSize(DIGEST))
        .isInstanceOfSatisfying(
            RegistryException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.UNTRUSTED);
              assertThat(e.retryable()).isFalse();
            });
  }

  private void serve(KeyStore key) throws GeneralSecurityException {
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(key, PASSWORD);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    registry.server.useHttps(context.getSocketFactory());
  }

  private RegistryClient client(KeyStore trusted) throws GeneralSecurityException {
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    var certificates = KeyStore.getInstance("PKCS12");
    try {
      certificates.load(null, null);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    certificates.setCertificateEntry("registry", trusted.getCertificate("registry"));
    trust.init(certificates);
    var manager = (X509TrustManager) trust.getTrustManagers()[0];
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    var http =
        new OkHttpClient.Builder().sslSocketFactory(context.getSocketFactory(), manager).build();
    return new RegistryClient(http, registry.repository(), false, MockRegistry.CREDENTIALS);
  }

  /** The JDK has no API for making certificates, but a tool. */
  private static KeyStore selfSigned(Path file, String name) throws Exception {
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "registry",
                "-keyalg",
                "EC",
                "-dname",
                "CN=registry",
                "-ext",
                "SAN=" + name,
                "-keystore",
                file.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .start();
    var output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(output).isZero();
    var store = KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    return store;
  }
}
