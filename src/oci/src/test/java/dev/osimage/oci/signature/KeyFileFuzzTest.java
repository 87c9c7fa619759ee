package dev.osimage.oci.signature;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** The input is the JSON within the PEM: another target could hardly get through base64. */
class KeyFileFuzzTest {

  private static final byte[] PASSWORD = {'p'};
  private static final byte[] SEALED = {'k', 'e', 'y'};
  private static final long MOST_WORK = 4096;

  @FuzzTest
  void aFileOpensToWhatWasSealedOrNotAtAll(byte[] input) {
    if (work(input) > MOST_WORK) {
      return;
    }
    try {
      assertThat(KeyFile.open(new Pem(KeyFile.LABEL, input).toBytes(), PASSWORD)).isEqualTo(SEALED);
    } catch (UnusableKeyException e) {
      assertThat(e.getMessage()).startsWith("the key file ").hasSizeLessThan(300);
    }
  }

  /** What scrypt would cost: bounds are tested elsewhere, and cost time here. */
  private static long work(byte[] json) {
    try {
      var params = StrictJson.parse(json).object("kdf").object("params");
      return (long) params.number("N") * params.number("r") * Math.max(params.number("p"), 1);
    } catch (IllegalArgumentException e) {
      return 0;
    }
  }
}
