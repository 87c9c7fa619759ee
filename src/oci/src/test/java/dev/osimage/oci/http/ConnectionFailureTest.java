package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.security.cert.CertificateExpiredException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.Test;

class ConnectionFailureTest {

  @Test
  void aCertificateIsUntrustedHoweverDeepTheCauseLies() {
    var handshake = new SSLHandshakeException("PKIX path building failed");
    handshake.initCause(new IOException(new CertificateExpiredException()));

    assertThat(ConnectionFailure.isUntrusted(handshake)).isTrue();
    assertThat(ConnectionFailure.isUntrusted(new SSLPeerUnverifiedException("name"))).isTrue();
    assertThat(ConnectionFailure.isUntrusted(new SSLHandshakeException("closed"))).isFalse();
    assertThat(ConnectionFailure.isUntrusted(new SocketTimeoutException())).isFalse();
  }

  @Test
  void plainHttpWhereTlsIsSpokenIsSaidInWords() {
    assertThat(
            ConnectionFailure.describe(new SSLException("Unsupported or unrecognized SSL message")))
        .startsWith("it does not speak TLS")
        .contains("http://");
  }

  @Test
  void addressesAreWrittenAsPeopleWriteThem() {
    assertThat(
            ConnectionFailure.describe(new ConnectException("Failed to connect to /10.0.0.1:443")))
        .isEqualTo("Failed to connect to 10.0.0.1:443");
  }

  @Test
  void aFailureWithoutAMessageIsNamedByItsKind() {
    assertThat(ConnectionFailure.describe(new SocketTimeoutException()))
        .isEqualTo("SocketTimeoutException");
  }

  @Test
  void aTextOfAServerIsOneShortLine() {
    assertThat(ConnectionFailure.shortened("a\r\n\tb\u0000c\u0085d\u2028e\u2029f"))
        .isEqualTo("a b c d e f");
    assertThat(ConnectionFailure.shortened("x".repeat(200))).hasSize(200);
    assertThat(ConnectionFailure.shortened("x".repeat(1_000_000))).isEqualTo("x".repeat(200) + "…");
    assertThat(ConnectionFailure.describe(new IOException("x\n" + "y".repeat(1000))))
        .hasSize(201)
        .doesNotContain("\n");
  }
}
