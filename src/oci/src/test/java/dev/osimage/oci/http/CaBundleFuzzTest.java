package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.security.cert.CertificateEncodingException;

class CaBundleFuzzTest {

  @FuzzTest
  void everyAuthorityThatIsReadIsACertificateThatIsReadAgain(byte[] input)
      throws CertificateEncodingException {
    CaBundle bundle;
    try {
      bundle = CaBundle.parse(input);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).startsWith("it holds ");
      return;
    }
    assertThat(bundle.authorities()).isNotEmpty();
    for (var authority : bundle.authorities()) {
      assertThat(CaBundle.parse(authority.getEncoded()).authorities()).containsExactly(authority);
    }
  }
}
