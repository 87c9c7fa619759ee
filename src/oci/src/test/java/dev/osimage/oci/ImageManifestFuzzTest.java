package dev.osimage.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

class ImageManifestFuzzTest {

  @FuzzTest
  void whatIsReadIsWrittenAndReadTheSame(byte[] input) {
    ImageManifest manifest;
    try {
      manifest = ImageManifest.parse(input);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).hasSizeLessThan(400);
      return;
    }
    // Half a character can't be written in UTF-8, so it is not read again.
    if (!new String(input, StandardCharsets.ISO_8859_1).contains("\\u")) {
      assertThat(ImageManifest.parse(manifest.toBytes())).isEqualTo(manifest);
    }
  }
}
