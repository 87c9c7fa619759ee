package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Digest;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.http.CaBundle;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;

class TlsTest extends AgainstFaults {

  private static final HeldCertificate UNKNOWN = certificate("127.0.0.1");
  private static final HeldCertificate OTHER_NAME = certificate("other.example");

  @Test
  void aRegistryWithATrustedCertificateGetsCredentials() throws IOException {
    var registry = tlsRegistry(Quirk.BASIC);
    var digest = registry.addBlob(new byte[] {'x'});

    assertThat(client(registry).blobSize(digest)).hasValue(1);
    assertThat(registry.authorizations(registry.host())).hasSize(1);
  }

  @Test
  void aCertificateOfAnUnknownAuthorityIsUntrustedAndNotUnavailable() throws IOException {
    assertUntrusted(UNKNOWN, OTHER_NAME);
  }

  @Test
  void aCertificateForAnotherNameIsUntrustedAndNotUnavailable() throws IOException {
    assertUntrusted(OTHER_NAME, OTHER_NAME);
  }

  @Test
  void aRegistryWithoutTlsIsSaidToHaveNone() throws IOException {
    var registry = registry();
    var settings = settings(registry, LOGIN).withPlainHttp(false);

    assertThatThrownBy(() -> client(registry, settings).blobSize(Digest.of(new byte[0])))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining(" at " + registry.host() + " failed: ");
    assertThat(registry.authorizations(registry.host())).isEmpty();
  }

  private static void assertUntrusted(HeldCertificate served, HeldCertificate trusted)
      throws IOException {
    var certificates = new HandshakeCertificates.Builder().heldCertificate(served).build();
    try (var registry = FaultRegistry.startTls(certificates.sslContext(), Quirk.BASIC);
        var http = new HttpTransport(HttpSettings.of(Map.of()))) {
      var client =
          new RegistryClient(
              http.trusting(new CaBundle(List.of(trusted.certificate()))),
              registry.repository(),
              settings(registry, LOGIN));

      assertThatThrownBy(() -> client.blobSize(Digest.of(new byte[0])))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> {
                assertThat(e.kind()).isEqualTo(Kind.UNTRUSTED);
                assertThat(e.retryable()).isFalse();
              });
      assertThat(registry.requests()).isEmpty();
    }
  }

  private static HeldCertificate certificate(String name) {
    return new HeldCertificate.Builder().addSubjectAlternativeName(name).build();
  }
}
