package dev.osimage.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.oci.Digest;
import dev.osimage.oci.content.Compression;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What one attempt tells the next. */
class FinishedPartTest {

  private static final Digest SOURCE = digest("an archive");
  private static final Digest PART = digest("a root file system");
  private static final FinishedPart FINISHED =
      new FinishedPart(SOURCE, "root.xz", Compression.XZ, PART, 18);

  private static Digest digest(String content) {
    return Digest.of(content.getBytes(StandardCharsets.UTF_8));
  }

  private static PlannedPart part(
      @Nullable String path, Compression compression, @Nullable Digest stated) {
    return new PlannedPart(PartName.ROOTFS, "a/rootfs", 0, path, compression, stated, false);
  }

  private static BuildPlan plan(PlannedSource source, PlannedPart part, FinishedPart... finished) {
    var plan = Specs.withInputs(PartName.ROOTFS).plan();
    return new BuildPlan(
        plan.version(),
        plan.architecture(),
        plan.inputsHash(),
        plan.config(),
        List.of(source),
        List.of(part),
        plan.annotations(),
        plan.destination(),
        plan.network(),
        plan.timeoutSeconds(),
        plan.credentialsWaitSeconds(),
        List.of(finished));
  }

  private static PlannedSource http(@Nullable Digest digest) {
    return digest == null
        ? new PlannedSource.Local("/srv/os.tar", null)
        : new PlannedSource.Http("https://h.example/os.tar", digest, null, null);
  }

  static Stream<Arguments> parts() {
    return Stream.of(
        Arguments.of("the same", SOURCE, part("root.xz", Compression.XZ, null), true),
        Arguments.of("another source", PART, part("root.xz", Compression.XZ, null), false),
        Arguments.of("an unknown source", null, part("root.xz", Compression.XZ, null), false),
        Arguments.of("another path", SOURCE, part("root", Compression.XZ, null), false),
        Arguments.of("no path", SOURCE, part(null, Compression.XZ, null), false),
        Arguments.of("not decompressed", SOURCE, part("root.xz", Compression.NONE, null), false),
        Arguments.of("its digest is stated", SOURCE, part("root.xz", Compression.XZ, PART), false));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("parts")
  void whatIsFinishedServesOnlyThePartThatIsMadeTheSameWay(
      String name, @Nullable Digest source, PlannedPart part, boolean serves) {
    var other = new FinishedPart(PART, null, Compression.GZIP, SOURCE, 1);
    var plan = plan(http(source), part, other, FINISHED);

    assertThat(plan.finishedBefore(part).isPresent()).isEqualTo(serves);
    plan.finishedBefore(part).ifPresent(found -> assertThat(found).isEqualTo(FINISHED));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("parts")
  void aPlanFindsWhatItHasToldItself(
      String name, @Nullable Digest source, PlannedPart part, boolean same) {
    var plan = plan(http(source), part);
    var told = plan.finished(part, PART, 18);

    assertThat(told.isPresent()).isEqualTo(source != null && part.digest() == null);
    assertThat(plan.withFinished(told.stream().toList()).finishedBefore(part)).isEqualTo(told);
    assertThat(told.filter(FINISHED::equals).isPresent()).isEqualTo(same);
  }

  @Test
  void whatIsFinishedAndHowLongSecretsAreWaitedForAreNoPartOfAnIdentity() {
    var plan = Specs.withInputs(PartName.ROOTFS).plan();
    var next = plan.withFinished(List.of(FINISHED)).withCredentialsWait(Duration.ofSeconds(7));

    assertThat(next.finished()).containsExactly(FINISHED);
    assertThat(next.credentialsWaitSeconds()).isEqualTo(7);
    assertThat(next.inputsHash()).isEqualTo(plan.inputsHash());
    assertThat(PublicationHash.of(next)).isEqualTo(PublicationHash.of(plan));
    assertThat(next.withFinished(List.of()).withCredentialsWait(Duration.ofMinutes(2)))
        .isEqualTo(plan);
  }

  @Test
  void itIsReadBackAsItWasWritten() {
    var whole = new FinishedPart(SOURCE, null, Compression.GZIP, PART, 5_000_000_000L);
    var plan = Specs.withInputs(PartName.ROOTFS).plan().withFinished(List.of(FINISHED, whole));
    var line = new BuilderLine.PartDone(PartName.ROOTFS, whole);

    assertThat(Wire.readPlan(Wire.write(plan))).isEqualTo(plan);
    assertThat(Wire.read(Wire.write(line), BuilderLine.class)).isEqualTo(line);
    assertThat(new String(Wire.write(line), StandardCharsets.UTF_8))
        .startsWith("{\"type\":\"partDone\",\"name\":\"rootfs\",\"part\":{")
        .doesNotContain("null", "\n");
  }
}
