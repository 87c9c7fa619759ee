package dev.osimage.image;

import static dev.osimage.image.PartName.KERNEL;
import static dev.osimage.image.PartName.ROOTFS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.image.BuilderLine.Progress;
import dev.osimage.image.BuilderLine.PublishedPart;
import dev.osimage.image.BuilderLine.Result;
import dev.osimage.oci.Digest;
import dev.osimage.oci.content.Compression;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireTest {

  private static final Digest DIGEST = Digest.of(new byte[0]);

  @Test
  void aPlanIsReadBackAsItWasWritten() {
    var plan =
        Specs.withInputs(ROOTFS)
            .http(KERNEL, "https://h.example/k?a=b&c", DIGEST.toString())
            .commandLine("a<b>&c \"é\" \u2028 \ud83d\ude00")
            .config(Map.of("os-release", "1"))
            .annotations(Map.of("a", "b"), Map.of("c", "d"))
            .destination("[::1]:5000/os", "1", "2")
            .plainHttpWithSecret()
            .timeouts("90m", "5m")
            .plan();

    var read = Wire.readPlan(Wire.write(plan));

    assertThat(read).isEqualTo(plan);
    assertThat(read.config().bytes()).isEqualTo(plan.config().bytes());
  }

  @Test
  void everyKindOfSourceIsReadBackAsItWasWritten() {
    var plan = Specs.withInputs(ROOTFS).plan();
    var sources =
        List.<PlannedSource>of(
            new PlannedSource.Http("https://h.example/a?b", DIGEST, "secret", "ca"),
            new PlannedSource.Http("https://h.example/a?b", DIGEST, null, null),
            PlannedSource.Inline.of("é"),
            new PlannedSource.Local("/srv/os.tar", null));
    var parts =
        List.of(
            new PlannedPart(ROOTFS, "a", 0, "boot/é", Compression.XZ, null, false),
            new PlannedPart(KERNEL, "b", 3, null, Compression.NONE, DIGEST, true));
    var changed = with(plan, sources, parts);

    assertThat(Wire.readPlan(Wire.write(changed))).isEqualTo(changed);
    assertThat(text(Wire.write(changed)))
        .contains("\"type\":\"http\"", "\"type\":\"inline\"", "\"type\":\"local\"")
        .doesNotContain("null", "secrets", "caBundles");
  }

  @Test
  void theNetworkIsReadBackAsItWasWrittenAndPlainWhereItIsAbsent() {
    var plan = Specs.withInputs(ROOTFS).plan();
    var network =
        new PlannedNetwork(
            "-----BEGIN CERTIFICATE-----\n",
            Map.of("https://h.example/a", List.of("http://one.lan/a", "http://two.lan/a")));
    var mirrored = plan.withNetwork(network);

    assertThat(Wire.readPlan(Wire.write(mirrored))).isEqualTo(mirrored);
    var absent = text(Wire.write(plan)).replace("\"network\":{\"mirrors\":{}},", "");
    assertThat(absent).doesNotContain("network");
    assertThat(Wire.readPlan(bytes(absent))).isEqualTo(plan);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1, 7})
  void aPartOfASourceThatDoesNotExistIsRefused(int source) {
    var json =
        text(Wire.write(Specs.withInputs(ROOTFS).plan()))
            .replace("\"source\":0", "\"source\":" + source);

    assertThatThrownBy(() -> Wire.readPlan(bytes(json)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("BuildPlan");
  }

  /** Without a digest anything could be published in its place. */
  @Test
  void aSourceThatIsFetchedHasADigest() {
    var plan = Specs.spec().http(KERNEL, "https://h.example/k", DIGEST.toString()).plan();
    var json =
        text(Wire.write(plan))
            .replace("{\"type\":\"http\",\"digest\":\"" + DIGEST + "\"", "{\"type\":\"http\"");

    assertThat(json).as("the digest is cut out").isNotEqualTo(text(Wire.write(plan)));
    assertThatThrownBy(() -> Wire.readPlan(bytes(json)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static BuildPlan with(
      BuildPlan plan, List<PlannedSource> sources, List<PlannedPart> parts) {
    return new BuildPlan(
        plan.version(),
        plan.architecture(),
        plan.inputsHash(),
        plan.config(),
        sources,
        parts,
        plan.annotations(),
        plan.destination(),
        plan.network(),
        plan.timeoutSeconds(),
        plan.credentialsWaitSeconds(),
        plan.finished());
  }

  @Test
  void aPlanIsOneLineWithoutNullsOrDerivedValues() {
    var json = text(Wire.write(Specs.withInputs(ROOTFS).commandLine("a\\nb").plan()));

    assertThat(json)
        .startsWith("{")
        .endsWith("}")
        .doesNotContain("\n", "null", "contentTag", "bytes")
        .contains("\"version\":3", "\"name\":\"rootfs\"", "\"architecture\":\"amd64\"");
  }

  @Test
  void equalPlansAreEqualBytesWhateverTheOrderOfTheirMaps() {
    var forward = new LinkedHashMap<String, String>();
    var backward = new LinkedHashMap<String, String>();
    for (int i = 0; i < 50; i++) {
      forward.put("key" + i, "x");
      backward.putFirst("key" + i, "x");
    }

    assertThat(Wire.write(Specs.withInputs(ROOTFS).annotations(forward, backward).plan()))
        .isEqualTo(Wire.write(Specs.withInputs(ROOTFS).annotations(backward, forward).plan()));
  }

  @Test
  void fieldsOfANewerWriterOfThisVersionAreIgnored() {
    var plan = Specs.withInputs(ROOTFS).plan();
    var json =
        text(Wire.write(plan))
            .replaceFirst("\\{", "{\"new\":{\"a\":[1]},")
            .replace("\"checkHeader\"", "\"new\":[],\"checkHeader\"");

    assertThat(Wire.readPlan(bytes(json))).isEqualTo(plan);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 4})
  void aPlanOfAnotherVersionIsRefusedWithASentence(int version) {
    var other =
        text(Wire.write(Specs.withInputs(ROOTFS).plan()))
            .replace("\"version\":3", "\"version\":" + version);

    assertPlanIsRefused(other, version);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"version\":4}",
        "{\"version\":4,\"parts\":[{\"name\":\"devicetree\"}]}",
        "{\"version\":4,\"architecture\":\"riscv64\"}",
        "{\"version\":4,\"sources\":[{\"type\":\"carrier pigeon\"}]}",
        "{\"parts\":{\"kernel\":{}},\"version\":4}"
      })
  void aNewerPlanWhoseFieldsThisBuilderCantReadIsRefusedWithTheSameSentence(String newer) {
    assertPlanIsRefused(newer, 4);
  }

  private static void assertPlanIsRefused(String json, int version) {
    assertThatThrownBy(() -> Wire.readPlan(bytes(json)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the plan has version %d and this builder reads version 3: use one image for operator"
                    .formatted(version)
                + " and builder");
  }

  /** The builder is run with it while the container image is made. */
  @Test
  void thePlanOfTheContainerImagesRecordingIsOneThatBuildersRead() throws IOException {
    var json =
        Files.readString(Path.of("../container/record/plan.json"))
            .replace("@URL@", "https://localhost:1")
            .replace("@HOST@", "localhost:1");

    assertThat(Wire.readPlan(bytes(json)).parts()).hasSize(2);
  }

  @Test
  void progressIsALineOfItsKind() {
    assertThat(text(Wire.write(new Progress(1, 3, 42, 100L))))
        .isEqualTo(
            "{\"type\":\"progress\",\"bytes\":42,\"parts\":3,\"partsDone\":1,\"totalBytes\":100}");
    assertRoundTrip(new Progress(1, 3, 42, 100L));
  }

  @Test
  void progressWithoutKnownSizesHasNoTotal() {
    assertThat(text(Wire.write(new Progress(0, 3, 0, null)))).doesNotContain("totalBytes");
    assertRoundTrip(new Progress(0, 3, 5_000_000_000L, null));
  }

  @Test
  void aResultIsReadBackAsItWasWritten() {
    assertRoundTrip(
        new Result(
            Result.VERSION,
            DIGEST,
            List.of(
                new PublishedPart(ROOTFS, "a/rootfs", DIGEST, 5_000_000_000L),
                new PublishedPart(KERNEL, "a/kernel", DIGEST, 7)),
            "2026-01-02T03:04:05Z"));
  }

  @Test
  void linesOfANewerBuilderLoseOnlyTheirNewFields() {
    var line = "{\"type\":\"progress\",\"rate\":7,\"partsDone\":1,\"parts\":2,\"bytes\":3}";

    assertThat(Wire.read(bytes(line), BuilderLine.class)).isEqualTo(new Progress(1, 2, 3, null));
  }

  private static void assertRoundTrip(BuilderLine line) {
    assertThat(Wire.read(Wire.write(line), BuilderLine.class)).isEqualTo(line);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "7",
        "\"text\"",
        "Exception in thread \"main\"",
        "{\"type\":\"progress\"",
        "{\"type\":\"news\"}",
        "{}"
      })
  void aLineThatIsNoneIsRefused(String line) {
    assertThatThrownBy(() -> Wire.read(bytes(line), BuilderLine.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("BuilderLine");
  }

  /** Kubelet shows the end of the log where a container left no message. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"type\":\"progress\",\"partsDone\":1,\"parts\":2,\"bytes\":3}",
        "{\"version\":1,\"message\":\"\"}",
        "{\"version\":1,\"reason\":\"InternalError\"}",
        "{\"version\":1,\"reason\":null,\"message\":null}"
      })
  void otherJsonIsNotTakenForATermination(String json) {
    assertThatThrownBy(() -> Wire.read(bytes(json), Termination.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Termination");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"version\":3}", "{\"version\":3,\"parts\":[],\"sources\":[]}"})
  void aPlanWithoutItsFieldsIsRefusedBeforeAnythingIsSent(String json) {
    assertThatThrownBy(() -> Wire.readPlan(bytes(json)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("BuildPlan");
  }

  @Test
  void aReasonThatTheOperatorDoesNotKnowIsAFailureThatMayPass() {
    var json = "{\"version\":1,\"reason\":\"DiskOnFire\",\"message\":\"m\"}";

    assertThat(Wire.read(bytes(json), Termination.class))
        .isEqualTo(new Termination(1, Reason.INTERNAL_ERROR, "m", null, null, List.of(), null));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
