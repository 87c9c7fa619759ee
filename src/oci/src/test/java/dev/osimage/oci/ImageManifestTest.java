package dev.osimage.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ImageManifestTest {

  private static final Digest DIGEST = Digest.of("{}".getBytes(StandardCharsets.US_ASCII));

  @Test
  void aManifestWithoutLayersStillHasTheListAndNoEmptyAnnotations() {
    var manifest = new ImageManifest(new Descriptor("a/config", DIGEST, 2), List.of(), Map.of());

    assertThat(text(manifest))
        .isEqualTo(
            "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"a/config\",\"digest\":\"%s\","
                    .formatted(DIGEST)
                + "\"size\":2},\"layers\":[]}");
  }

  @Test
  void annotationsFollowTheirObjectSortedAndEscaped() {
    var manifest =
        new ImageManifest(
            new Descriptor("a/config", DIGEST, 2, Map.of("z", "1", "a&b", "<")),
            List.of(new Descriptor("a/layer", DIGEST, 5_000_000_000L, Map.of("t", "disk.raw"))),
            Map.of("org.opencontainers.image.version", "1", "a", "é"));

    assertThat(text(manifest))
        .isEqualTo(
            ("{'schemaVersion':2,'config':{'mediaType':'a/config','digest':'D','size':2,"
                    + "'annotations':{'a\\u0026b':'\\u003c','z':'1'}},"
                    + "'layers':[{'mediaType':'a/layer','digest':'D','size':5000000000,"
                    + "'annotations':{'t':'disk.raw'}}],"
                    + "'annotations':{'a':'é','org.opencontainers.image.version':'1'}}")
                .replace('\'', '"')
                .replace("D", DIGEST.toString()));
  }

  @Test
  void aNegativeSizeIsRefused() {
    assertThatThrownBy(() -> new Descriptor("a/layer", DIGEST, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("size -1 is negative");
  }

  private static String text(ImageManifest manifest) {
    return new String(manifest.toBytes(), StandardCharsets.UTF_8);
  }
}
