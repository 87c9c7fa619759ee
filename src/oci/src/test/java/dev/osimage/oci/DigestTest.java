package dev.osimage.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DigestTest {

  private static final String HEX =
      "412dfcf5f8128953b1d8308ce1e3a7cd815f056b9fe8d69ee26112baf9822e19";

  @Test
  void aDigestIsTheSha256OfTheBytes() {
    assertThat(Digest.of("ROOTFS\n".getBytes(StandardCharsets.US_ASCII)))
        .hasToString("sha256:" + HEX);
  }

  @Test
  void theDigestOfNothingIsTheKnownOne() {
    assertThat(Digest.of(new byte[0]).hex())
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }

  @Test
  void aParsedDigestIsWrittenAsItWasRead() {
    assertThat(Digest.parse("sha256:" + HEX)).hasToString("sha256:" + HEX);
    assertThat(Digest.parse("sha256:" + HEX)).isEqualTo(new Digest(HEX));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        HEX,
        "sha256",
        "sha256:",
        "sha256:" + HEX + "0",
        "sha256:" + HEX + "\n",
        " sha256:" + HEX,
        "SHA256:" + HEX,
        "sha256:412DFCF5F8128953B1D8308CE1E3A7CD815F056B9FE8D69EE26112BAF9822E19",
        "sha256:g12dfcf5f8128953b1d8308ce1e3a7cd815f056b9fe8d69ee26112baf9822e19",
        "sha512:" + HEX + HEX,
        "sha256:../../../../etc/passwd"
      })
  void anythingElseIsRefusedWithASentenceThatShowsIt(String text) {
    assertThatThrownBy(() -> Digest.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("'" + text.replaceFirst("^sha256:", ""))
        .hasMessageContaining("' is not ");
  }
}
