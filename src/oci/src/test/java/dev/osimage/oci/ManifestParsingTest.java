package dev.osimage.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestParsingTest {

  private static final Digest DIGEST = Digest.of(new byte[0]);
  private static final String CONFIG = "'config':{'mediaType':'c','digest':'%s','size':2}";

  @Test
  void aManifestIsReadAsItWasWritten() {
    var layer = new Descriptor("l", DIGEST, 5_000_000_000L, Map.of("t", "disk.raw"));
    var manifest =
        new ImageManifest(
            MediaTypes.IMAGE_MANIFEST,
            "a/type",
            new Descriptor("c", DIGEST, 2),
            List.of(layer, layer),
            new Descriptor("s", DIGEST, 0),
            Map.of("a", "é<&>"));

    assertThat(ImageManifest.parse(manifest.toBytes())).isEqualTo(manifest);
    assertThat(manifest.effectiveArtifactType()).isEqualTo("a/type");
  }

  @Test
  void anIndexIsReadAsItWasWritten() {
    var entry =
        new Descriptor("m", DIGEST, 7)
            .forPlatform(new Platform("arm64", "linux", "1.2", "v8"))
            .annotated(Map.of("b", "2"));
    var index =
        new ImageIndex(
            MediaTypes.IMAGE_INDEX,
            "a/type",
            List.of(entry, new Descriptor("m", DIGEST, 7, Map.of(), null, "a/t")),
            new Descriptor("s", DIGEST, 1),
            Map.of("a", "1"));

    assertThat(ImageIndex.parse(index.toBytes())).isEqualTo(index);
    assertThat(index.withManifests(List.of()).manifests()).isEmpty();
    assertThat(index.withManifests(List.of()).annotations()).isEqualTo(Map.of("a", "1"));
  }

  @Test
  void aManifestMayHaveNoLayersAndWhatIsNotKnownIsPassedOver() {
    var manifest =
        manifest("{'schemaVersion':2,'mediaType':'','new':[1],'layers':null," + CONFIG + "}");

    assertThat(manifest.layers()).isEmpty();
    assertThat(manifest.mediaType()).isNull();
    assertThat(manifest.effectiveArtifactType()).isEqualTo("c");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "{'config':[]}",
        "{'config':{'mediaType':'c','digest':'%s'}}",
        "{'config':{'mediaType':'c','digest':'%s','size':-1}}",
        "{'config':{'mediaType':'c','digest':'%s','size':1.5}}",
        "{'config':{'mediaType':'c','digest':'%s','size':'2'}}",
        "{'config':{'mediaType':'c','digest':'%s','size':9223372036854775808}}",
        "{'config':{'mediaType':'c','digest':'sha256:0','size':2}}",
        "{'config':{'digest':'%s','size':2}}",
        "{'layers':{}," + CONFIG + "}",
        "{'layers':[null]," + CONFIG + "}",
        "{'annotations':{'a':1}," + CONFIG + "}",
        "{'layers':[],'layers':[]," + CONFIG + "}",
        "{" + CONFIG + "} {}",
        "{" + CONFIG + "}x",
        "{" + CONFIG
      })
  void whatIsNoManifestIsRefusedWithAShortSentence(String json) {
    assertThatThrownBy(() -> manifest(json))
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeBetween(5, 250));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{'manifests':null}", "{'manifests':{}}", "{'layers':[]}"})
  void whatIsNoIndexIsRefused(String json) {
    assertThatThrownBy(() -> ImageIndex.parse(bytes(json)))
        .hasMessage("'manifests' is missing: it is not an index");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'config':{'mediaType':'c','digest':'x%s','size':2}}",
        "{'config':{'mediaType':'c','digest':'sha256:x%s','size':2}}",
        "{'x%s':1,'x%s':2}",
        "x%s"
      })
  void howeverLongTheNonsenseTheMessageIsShort(String json) {
    var nonsense = json.replace("%s", "y".repeat(40_000));

    assertThatThrownBy(() -> ImageManifest.parse(bytes(nonsense)))
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
  }

  @Test
  void nestingWithoutEndIsRefused() {
    assertThatThrownBy(() -> ImageManifest.parse(bytes("{'a':" + "[".repeat(1_000_000))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aStoredManifestIsItsBytes() {
    var bytes = bytes("{ " + CONFIG.formatted(DIGEST) + " }");
    var manifest = new Manifest(MediaTypes.IMAGE_MANIFEST, bytes);

    assertThat(manifest.bytes()).isEqualTo(bytes);
    assertThat(manifest.descriptor())
        .isEqualTo(new Descriptor(MediaTypes.IMAGE_MANIFEST, Digest.of(bytes), bytes.length));
    assertThat(manifest.isIndex()).isFalse();
    assertThat(manifest)
        .isEqualTo(new Manifest(MediaTypes.IMAGE_MANIFEST, bytes.clone()))
        .isNotEqualTo(new Manifest(MediaTypes.IMAGE_INDEX, bytes))
        .hasToString(MediaTypes.IMAGE_MANIFEST + " " + Digest.of(bytes));
    assertThat(new Manifest(MediaTypes.DOCKER_MANIFEST_LIST, bytes).isIndex()).isTrue();
    assertThat(Manifest.of(new ImageIndex(List.of())).isIndex()).isTrue();
  }

  private static ImageManifest manifest(String json) {
    return ImageManifest.parse(bytes(json.replace("%s", DIGEST.toString())));
  }

  private static byte[] bytes(String json) {
    return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }
}
