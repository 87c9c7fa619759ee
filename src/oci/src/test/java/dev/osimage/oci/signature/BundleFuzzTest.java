package dev.osimage.oci.signature;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.osimage.oci.Digest;

class BundleFuzzTest {

  private static final VerificationKey KEY = SigningKey.generate().publicKey();
  private static final Digest DIGEST = Digest.of(new byte[0]);

  @FuzzTest
  void noBundleIsSignedByAKeyThatSignedNothing(byte[] input) {
    try {
      var bundle = Bundle.parse(input);
      assertThat(bundle.isSignedBy(KEY)).isFalse();
      var statement = Statement.parse(bundle.statement());
      statement.annotations(DIGEST).values().forEach(text -> assertThat(text).isNotNull());
      statement.requireSignatureOf(DIGEST);
      assertThat(statement.predicateType()).isEqualTo(Statement.SIGNATURE);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotEmpty().hasSizeLessThan(300);
    }
  }
}
