package dev.osimage.image;

import static dev.osimage.image.PartName.KERNEL;
import static dev.osimage.image.PartName.ROOTFS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.api.Reason;
import dev.osimage.image.BuilderLine.Progress;
import dev.osimage.image.BuilderLine.PublishedPart;
import dev.osimage.image.BuilderLine.Result;
import dev.osimage.oci.Digest;
import java.nio.charset.StandardCharsets;
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
  void aPlanIsOneLineWithoutNullsOrDerivedValues() {
    var json = text(Wire.write(Specs.withInputs(ROOTFS).commandLine("a\\nb").plan()));

    assertThat(json)
        .startsWith("{")
        .endsWith("}")
        .doesNotContain("\n", "null", "contentTag", "bytes")
        .contains("\"version\":1", "\"name\":\"rootfs\"", "\"architecture\":\"amd64\"");
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

  @Test
  void aNewerPlanIsRefusedWithASentence() {
    var newer =
        text(Wire.write(Specs.withInputs(ROOTFS).plan())).replace("\"version\":1", "\"version\":2");

    assertNewerPlanIsRefused(newer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"version\":2}",
        "{\"version\":2,\"parts\":[{\"name\":\"devicetree\"}]}",
        "{\"version\":2,\"architecture\":\"riscv64\"}",
        "{\"parts\":{\"kernel\":{}},\"version\":2}"
      })
  void aNewerPlanWhoseFieldsThisBuilderCantReadIsRefusedWithTheSameSentence(String newer) {
    assertNewerPlanIsRefused(newer);
  }

  private static void assertNewerPlanIsRefused(String json) {
    assertThatThrownBy(() -> Wire.readPlan(bytes(json)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the plan has version 2 and this builder reads up to 1: use one image for operator and"
                + " builder");
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
  @ValueSource(strings = {"{}", "{\"version\":1}", "{\"version\":1,\"parts\":[]}"})
  void aPlanWithoutItsFieldsIsRefusedBeforeAnythingIsSent(String json) {
    assertThatThrownBy(() -> Wire.readPlan(bytes(json)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("BuildPlan");
  }

  @Test
  void aReasonThatTheOperatorDoesNotKnowIsAFailureThatMayPass() {
    var json = "{\"version\":1,\"reason\":\"DiskOnFire\",\"message\":\"m\"}";

    assertThat(Wire.read(bytes(json), Termination.class))
        .isEqualTo(new Termination(1, Reason.INTERNAL_ERROR, "m", null));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
