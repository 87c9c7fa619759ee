package dev.osimage.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

class ImageIndexFuzzTest {

  @FuzzTest
  void whatIsReadIsWrittenAndReadTheSame(byte[] input) {
    ImageIndex index;
    try {
      index = ImageIndex.parse(input);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).hasSizeLessThan(400);
      return;
    }
    // Half a character can't be written in UTF-8, so it is not read again.
    if (!new String(input, StandardCharsets.ISO_8859_1).contains("\\u")) {
      assertThat(ImageIndex.parse(index.toBytes())).isEqualTo(index);
    }
  }
}
