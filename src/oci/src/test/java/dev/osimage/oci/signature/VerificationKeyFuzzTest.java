package dev.osimage.oci.signature;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** The input is a PEM file, or the DER in one. */
class VerificationKeyFuzzTest {

  @FuzzTest
  void aKeyThatIsReadIsWrittenAndReadTheSameAndVerifiesNothingByAccident(byte[] input) {
    read(input, input);
    read(new Pem("PUBLIC KEY", input).toBytes(), input);
  }

  private static void read(byte[] file, byte[] message) {
    try {
      var key = VerificationKey.read(file);
      assertThat(VerificationKey.read(key.toPem())).isEqualTo(key);
      assertThat(key.verifies(message, message)).isFalse();
    } catch (UnusableKeyException e) {
      assertThat(e.getMessage()).startsWith("the ").hasSizeLessThan(300);
    }
  }
}
