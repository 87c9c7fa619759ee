package dev.osimage.image;

import static dev.osimage.image.PartName.INITRAMFS;
import static dev.osimage.image.PartName.ISO;
import static dev.osimage.image.PartName.KERNEL;
import static dev.osimage.image.PartName.ROOTFS;
import static dev.osimage.image.PartName.SQUASHFS;
import static dev.osimage.image.PartName.UKI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.api.Architecture;
import dev.osimage.api.BootCheck;
import dev.osimage.api.FileSource;
import dev.osimage.api.Files;
import dev.osimage.api.Format;
import dev.osimage.api.HttpSource;
import dev.osimage.image.BuildPlan.PlannedDestination;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.image.BuilderLine.PublishedPart;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Repository;
import dev.osimage.oci.content.Compression;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;

class PlannerTest {

  private static final String HEX =
      "688d4700ad15c33a624b63d05dc9e764b8f1499a50fdd6239aaa03216ae89999";

  @Test
  void aPlanSaysEverythingThatABuilderNeeds() {
    var plan =
        Specs.spec()
            .architecture(Architecture.ARM64)
            .http(KERNEL, "https://h.example/k?x=y", "sha256:" + HEX)
            .inline(INITRAMFS, "i")
            .destination("localhost:5000/os", "2", "1")
            .plainHttpWithSecret()
            .timeouts("1h30m", "5m")
            .plan();

    assertThat(plan.version()).isEqualTo(BuildPlan.VERSION);
    assertThat(plan.architecture()).isEqualTo(Architecture.ARM64);
    assertThat(plan.destination())
        .isEqualTo(
            new PlannedDestination(
                Repository.parse("localhost:5000/os"), List.of("2", "1"), true, "push", null));
    assertThat(plan.timeoutSeconds()).isEqualTo(5400);
    assertThat(plan.sources())
        .containsExactly(
            PlannedSource.Inline.of("i"),
            new PlannedSource.Http("https://h.example/k?x=y", new Digest(HEX), null, null));
    assertThat(plan.parts())
        .containsExactly(
            new PlannedPart(
                INITRAMFS,
                "application/vnd.ironcore.image.initramfs",
                0,
                null,
                Compression.NONE,
                Digest.of(new byte[] {'i'}),
                false),
            new PlannedPart(
                KERNEL,
                "application/vnd.ironcore.image.kernel",
                1,
                null,
                Compression.NONE,
                new Digest(HEX),
                true));
  }

  @Test
  void withoutATimeoutTheDefaultHolds() {
    assertThat(Specs.withInputs(ROOTFS).plan().timeoutSeconds()).isEqualTo(3600);
  }

  @Test
  void theContentTagIsMadeOfTheInputsHash() {
    var plan = Specs.withInputs(ROOTFS).plan();

    assertThat(plan.contentTag())
        .isEqualTo("osimage-" + plan.inputsHash().substring(0, 16))
        .matches("osimage-[0-9a-f]{16}");
  }

  @ParameterizedTest
  @NullAndEmptySource
  void aConfigWithoutCommandLineIsAnEmptyObject(String commandLine) {
    var plan = Specs.withInputs(ROOTFS).commandLine(commandLine).config(Map.of()).plan();

    assertThat(plan.config().text()).isEqualTo("{}");
    assertThat(Digest.of(plan.config().bytes()).hex())
        .isEqualTo("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  }

  @Test
  void extraFieldsOfTheConfigFollowTheCommandLineSortedByTheirBytes() {
    var extra = new LinkedHashMap<String, String>();
    extra.put("os-release", "974.0");
    extra.put("\ud83d\ude00", "last");
    extra.put("\uff01", "before it");
    extra.put("arch<", "sorts before commandLine");

    var plan = Specs.withInputs(ROOTFS).commandLine("a&b é").config(extra).plan();

    assertThat(plan.config().text())
        .isEqualTo(
            "{\"commandLine\":\"a\\u0026b é\",\"arch\\u003c\":\"sorts before commandLine\","
                + "\"os-release\":\"974.0\",\"\uff01\":\"before it\","
                + "\"\ud83d\ude00\":\"last\"}");
  }

  @ParameterizedTest
  @EnumSource(PartName.class)
  void onlyKernelAndUkiHaveTheirHeadersChecked(PartName part) {
    boolean checked = part == KERNEL || part == UKI;

    assertThat(Specs.withInputs(part).plan().parts().getFirst().checkHeader()).isEqualTo(checked);
    assertThat(
            Specs.withInputs(part)
                .bootCheck(BootCheck.HEADER)
                .plan()
                .parts()
                .getFirst()
                .checkHeader())
        .isEqualTo(checked);
    assertThat(
            Specs.withInputs(part).bootCheck(BootCheck.OFF).plan().parts().getFirst().checkHeader())
        .isFalse();
  }

  static Stream<Arguments> refusals() {
    var good = new HttpSource("https://h.example/k", "sha256:" + HEX, null, null);
    return Stream.of(
        Arguments.of(Specs.spec(), "files is empty: name at least one file"),
        Arguments.of(
            Specs.withInputs(KERNEL, INITRAMFS).format(Format.ONMETAL),
            "format onmetal needs rootfs: add it"),
        Arguments.of(
            Specs.withInputs(KERNEL, ROOTFS).format(Format.ONMETAL),
            "format onmetal needs initramfs: add it"),
        Arguments.of(
            Specs.withInputs(ROOTFS, INITRAMFS).format(Format.ONMETAL),
            "format onmetal needs kernel: add it"),
        Arguments.of(
            Specs.withInputs(KERNEL, INITRAMFS, ROOTFS, SQUASHFS).format(Format.ONMETAL),
            "format onmetal has no squashfs: remove it"),
        Arguments.of(
            Specs.withInputs(KERNEL, INITRAMFS, ROOTFS, UKI).format(Format.ONMETAL),
            "format onmetal has no uki: remove it"),
        Arguments.of(
            Specs.withInputs(KERNEL, INITRAMFS, ROOTFS, ISO).format(Format.ONMETAL),
            "format onmetal has no iso: remove it"),
        Arguments.of(
            Specs.withInputs(UKI).format(Format.IRONCORE_LEGACY),
            "format ironcore-legacy has no uki: remove it"),
        Arguments.of(
            Specs.withInputs(ISO).format(Format.IRONCORE_LEGACY),
            "format ironcore-legacy has no iso: remove it"),
        Arguments.of(
            Specs.withInputs(ROOTFS).config(Map.of("commandLine", "x")),
            "config must not contain 'commandLine': use the field spec.commandLine"),
        Arguments.of(
            Specs.spec().source(KERNEL, new FileSource(null, null, null, null, null)),
            "kernel needs exactly one source: set either http or inline"),
        Arguments.of(
            Specs.spec().source(KERNEL, new FileSource(good, "both", null, null, null)),
            "kernel needs exactly one source: set either http or inline"),
        Arguments.of(
            Specs.spec().http(KERNEL, "https://h.example/k", "sha512:" + HEX),
            "'sha512:" + HEX + "' is not a digest of the form sha256:<hex>"),
        Arguments.of(
            Specs.withInputs(ROOTFS).destination("debian"),
            "'debian' is not of the form host/path"),
        Arguments.of(
            Specs.withInputs(ROOTFS).destination("r.example/os:latest"),
            "'os:latest' is not a repository path"),
        Arguments.of(
            Specs.withInputs(ROOTFS).timeouts("soon", "5m"),
            "'soon' must be a duration between 1s and 24h in hours, minutes and seconds, such as"
                + " 45s, 30m or 1h30m"));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("refusals")
  void aSpecThatCantBeBuiltIsRefusedWithASentenceThatHelps(Specs spec, String sentence) {
    assertThatThrownBy(spec::plan)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(sentence);
  }

  static Stream<Arguments> whatAdmissionRefuses() {
    var rootfs = "ROOTFS\n";
    return Stream.of(
        Arguments.of("a tag", Specs.withInputs(ROOTFS).destination("r.example/os", "a/b")),
        Arguments.of("an empty tag", Specs.withInputs(ROOTFS).destination("r.example/os", "")),
        Arguments.of(
            "a digest for a tag",
            Specs.withInputs(ROOTFS).destination("r.example/os", "sha256:" + HEX)),
        Arguments.of(
            "a command line of two lines", Specs.withInputs(ROOTFS).commandLine("ro\nquiet")),
        Arguments.of("a short timeout", Specs.withInputs(ROOTFS).timeouts("0s", "5m")),
        Arguments.of("a long timeout", Specs.withInputs(ROOTFS).timeouts("25h", "5m")),
        Arguments.of("a URL of a file", Specs.spec().http(ROOTFS, "file:///etc", "sha256:" + HEX)),
        Arguments.of("half a URL", Specs.spec().http(ROOTFS, "/boot/k", "sha256:" + HEX)),
        Arguments.of(
            "a URL with a password",
            Specs.spec().http(ROOTFS, "https://u:p@h.example/k", "sha256:" + HEX)),
        Arguments.of(
            "authorities for a registry without TLS",
            Specs.withInputs(ROOTFS).plainHttpWithSecret().caBundle("ca")),
        Arguments.of("an empty inline text", Specs.spec().inline(ROOTFS, "")),
        Arguments.of("much inline text", Specs.spec().inline(ROOTFS, rootfs.repeat(10_000))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("whatAdmissionRefuses")
  void whatAdmissionRefusesIsRefusedAgainForSpecsThatNeverMetIt(String what, Specs spec) {
    assertThatThrownBy(spec::plan).as(what).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void rootfsTogetherWithSquashfsIsWarnedAbout() {
    assertThat(Planner.warnings(Specs.withInputs(ROOTFS, SQUASHFS, KERNEL).make()))
        .singleElement()
        .satisfies(warning -> {
          assertThat(warning.reason()).isEqualTo("RootfsAndSquashfs");
          assertThat(warning.message()).startsWith("rootfs and squashfs are in one image:");
        });
    assertThat(
            Planner.warnings(
                Specs.withInputs(ROOTFS, SQUASHFS).format(Format.IRONCORE_LEGACY).make()))
        .hasSize(1);
  }

  @Test
  void otherImagesAreNotWarnedAbout() {
    assertThat(Planner.warnings(Specs.withInputs(ROOTFS, KERNEL, INITRAMFS).make())).isEmpty();
    assertThat(Planner.warnings(Specs.withInputs(SQUASHFS, KERNEL, INITRAMFS, UKI).make()))
        .isEmpty();
  }

  @Test
  void aManifestNeedsDigestAndSizeOfEveryPart() {
    var plan = Specs.withInputs(ROOTFS, KERNEL).plan();
    var published = Specs.published(plan, Map.of());
    published.remove(KERNEL);

    assertThatThrownBy(() -> plan.manifest(published))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no digest and size of part kernel");
  }

  @Test
  void aManifestNamesNoPartButThePlannedOne() {
    var plan = Specs.withInputs(ROOTFS).plan();
    var other = new PublishedPart(ROOTFS, "x", new Digest(HEX), 7);

    assertThatThrownBy(() -> plan.manifest(Map.of(ROOTFS, other)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("part rootfs is sha256:" + HEX + ", but the plan says ");
  }

  @Test
  void thePartNamesAreTheFieldsOfFiles() {
    assertThat(Arrays.stream(Files.class.getRecordComponents()).map(RecordComponent::getName))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(PartName.values()).map(PartName::text).toList());
  }

  @ParameterizedTest
  @EnumSource(PartName.class)
  void eachPartIsReadFromTheFieldOfItsName(PartName part) throws ReflectiveOperationException {
    var files = Specs.withInputs(PartName.values()).make().files();
    var field = Files.class.getMethod(part.text()).invoke(files);

    assertThat(part.sourceIn(files)).isNotNull().isSameAs(field);
    assertThat(PartName.of(part.text())).isEqualTo(part);
  }

  @Test
  void anUnknownPartIsRefusedByItsName() {
    assertThatThrownBy(() -> PartName.of("vmlinuz")).hasMessage("unknown part 'vmlinuz'");
  }
}
