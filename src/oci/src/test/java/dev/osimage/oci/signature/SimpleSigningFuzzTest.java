package dev.osimage.oci.signature;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.osimage.oci.Repository;

class SimpleSigningFuzzTest {

  @FuzzTest
  void whatIsReadIsWrittenAndReadTheSame(byte[] input) {
    try {
      var signed = SimpleSigning.parse(input);
      var repository = Repository.parse(signed.dockerReference());
      var again = SimpleSigning.parse(SimpleSigning.payload(repository, signed.digest()));
      assertThat(again.digest()).isEqualTo(signed.digest());
      again.require(signed.digest(), repository);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotEmpty().hasSizeLessThan(600);
    }
  }
}
