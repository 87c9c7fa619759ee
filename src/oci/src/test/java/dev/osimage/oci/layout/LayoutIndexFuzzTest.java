package dev.osimage.oci.layout;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.content.ContentException;
import java.nio.charset.StandardCharsets;

class LayoutIndexFuzzTest {

  private static final Manifest MANIFEST = new Manifest(MediaTypes.IMAGE_MANIFEST, new byte[] {1});

  @FuzzTest
  void whatIsReadIsKeptWhateverIsAdded(byte[] input) throws ContentException {
    LayoutIndex index;
    try {
      index = LayoutIndex.read(input, "index.json");
    } catch (ContentException e) {
      assertThat(e.getMessage()).startsWith("index.json ");
      return;
    }
    var tagged = index.tagged(MANIFEST, "tag");
    assertThat(tagged.find("tag"))
        .hasValueSatisfying(entry -> assertThat(entry.digest()).isEqualTo(MANIFEST.digest()));
    // Half a character can't be written in UTF-8, so it is not read again.
    if (!new String(input, StandardCharsets.ISO_8859_1).contains("\\u")) {
      var again = LayoutIndex.read(index.toBytes(), "index.json");
      assertThat(again.toBytes()).isEqualTo(index.toBytes());
      assertThat(again.descriptors()).isEqualTo(index.descriptors());
      assertThat(tagged.descriptors().size()).isGreaterThanOrEqualTo(index.descriptors().size());
    }
  }
}
