package dev.osimage.image;

import static dev.osimage.image.PartName.INITRAMFS;
import static dev.osimage.image.PartName.KERNEL;
import static dev.osimage.image.PartName.ROOTFS;
import static dev.osimage.image.PartName.SQUASHFS;
import static dev.osimage.image.PartName.UKI;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.osimage.api.Architecture;
import dev.osimage.api.Format;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The same inputs give the same bytes as the tools that users have today. */
class WireVectorsTest {

  private static final String MEDIA_TYPE_FIELD =
      "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",";

  static Stream<Arguments> vectors() {
    return Stream.of(
        Arguments.of(
            "onmetal/manifest.json",
            "22da4bae5de3262a837430ac722d6e2e175304dc10a41e533708754410feb6e0",
            Format.ONMETAL,
            Architecture.AMD64,
            List.of(KERNEL, INITRAMFS, ROOTFS)),
        Arguments.of(
            "ironcore-legacy/manifest.json",
            "fb76af6a4e8388c57a48edd60016e5692b4518d175b39f6275305d0c29835eea",
            Format.IRONCORE_LEGACY,
            Architecture.AMD64,
            List.of(KERNEL, INITRAMFS, ROOTFS)),
        Arguments.of(
            "ironcore/manifest-kernel-initramfs-rootfs.json",
            "050e73f1630cf872df56c3922ed3eede7273b0fc26c677f5b2070b1413d43371",
            Format.IRONCORE,
            Architecture.AMD64,
            List.of(KERNEL, INITRAMFS, ROOTFS)),
        Arguments.of(
            "ironcore/manifest-arm64-metal.json",
            "8dcb47bfe3ef1c69db43fc12693ee5d0428ff3adc12ddca620b113adb35fb565",
            Format.IRONCORE,
            Architecture.ARM64,
            List.of(UKI, SQUASHFS, KERNEL, INITRAMFS)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("vectors")
  void aSpecGivesTheManifestOfTheOtherTool(
      String vector,
      String digest,
      Format format,
      Architecture architecture,
      List<PartName> parts) {
    var specs = Specs.withInputs(parts.toArray(PartName[]::new));
    var plan =
        specs.format(format).architecture(architecture).commandLine(Specs.COMMAND_LINE).plan();

    var bytes = plan.manifest(Specs.published(plan, sizes(parts))).toBytes();

    assertThat(text(bytes)).isEqualTo(Specs.resource(vector));
    assertThat(Digest.of(bytes).hex()).isEqualTo(digest);
  }

  @ParameterizedTest
  @CsvSource({
    "ONMETAL, onmetal/config.json",
    "IRONCORE_LEGACY, ironcore-legacy/config.json",
    "IRONCORE, ironcore/config.json"
  })
  void aSpecGivesTheConfigOfTheOtherTool(Format format, String vector) {
    var plan =
        Specs.withInputs(KERNEL, INITRAMFS, ROOTFS)
            .format(format)
            .commandLine(Specs.COMMAND_LINE)
            .plan();

    assertThat(text(plan.config().bytes())).isEqualTo(Specs.resource(vector));
    assertThat(Digest.of(plan.config().bytes()).hex())
        .isEqualTo("2a97e871dbbd5dfc4e346ae9e9b2c2997d97b315ccd41d9cb59e3d341cdb2a09");
  }

  @ParameterizedTest
  @CsvSource({
    "published/onmetal-1.json, f0dcfde4f8b4b6033add31243096a4b560173cd9884be1e37c524c53219fa394",
    "published/onmetal-2.json, e2887cc93eaad65be23b5d9631342b904d46c4d2d8b9138bce384decda743ca5"
  })
  void theManifestOfAPublishedImageIsReproduced(String vector, String digest)
      throws JsonProcessingException {
    var bytes = manifest(Specs.resource(vector)).toBytes();

    assertThat(text(bytes)).isEqualTo(Specs.resource(vector));
    assertThat(Digest.of(bytes).hex()).isEqualTo(digest);
  }

  /** The parts of a real image, of half a gigabyte: only their digests and sizes are needed. */
  @Test
  void thePlanOfAPublishedImageGivesItsLayers() throws JsonProcessingException {
    var published = new ObjectMapper().readTree(Specs.resource("published/onmetal-1.json"));
    var specs = Specs.spec().format(Format.ONMETAL);
    var sizes = new EnumMap<PartName, Long>(PartName.class);
    var order = List.of(ROOTFS, INITRAMFS, KERNEL);
    for (int i = 0; i < order.size(); i++) {
      var layer = published.path("layers").path(i);
      specs.http(order.get(i), "https://h.example/" + i, layer.path("digest").asText());
      sizes.put(order.get(i), layer.path("size").asLong());
    }

    var plan = specs.plan();

    var bytes = plan.manifest(Specs.published(plan, sizes)).toBytes();

    var manifest = new ObjectMapper().readTree(text(bytes));

    assertThat(manifest.path("layers")).isEqualTo(published.path("layers"));
  }

  @Test
  void annotationsAreWrittenWhereAndHowOrasWritesThem() throws JsonProcessingException {
    var vector = Specs.resource("published/oras-annotated.json");

    assertThat(text(manifest(vector).toBytes())).isEqualTo(vector.replace(MEDIA_TYPE_FIELD, ""));
  }

  @Test
  void annotationsOfASpecLieOnTheManifestAndOnTheConfig() {
    var plan =
        Specs.withInputs(ROOTFS)
            .annotations(Map.of("signed-by", "author", "a", "b&c"), Map.of("os-release", "981.0"))
            .plan();

    assertThat(text(plan.manifest(Specs.published(plan, sizes(List.of(ROOTFS)))).toBytes()))
        .contains("\"size\":2,\"annotations\":{\"os-release\":\"981.0\"}},\"layers\":[")
        .endsWith("}],\"annotations\":{\"a\":\"b\\u0026c\",\"signed-by\":\"author\"}}");
  }

  private static ImageManifest manifest(String json) throws JsonProcessingException {
    var manifest = new ObjectMapper().readTree(json);
    return new ImageManifest(
        descriptor(manifest.path("config")),
        manifest.path("layers").valueStream().map(WireVectorsTest::descriptor).toList(),
        annotations(manifest));
  }

  private static Descriptor descriptor(JsonNode json) {
    return new Descriptor(
        json.path("mediaType").asText(),
        Digest.parse(json.path("digest").asText()),
        json.path("size").asLong(),
        annotations(json));
  }

  private static Map<String, String> annotations(JsonNode json) {
    var annotations = new LinkedHashMap<String, String>();
    json.path("annotations")
        .properties()
        .forEach(entry -> annotations.put(entry.getKey(), entry.getValue().asText()));
    return annotations;
  }

  private static Map<PartName, Long> sizes(List<PartName> parts) {
    var sizes = new EnumMap<PartName, Long>(PartName.class);
    parts.forEach(part -> sizes.put(part, (long) Specs.input(part).length()));
    return sizes;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
