package dev.osimage.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Reason;
import dev.osimage.oci.Digest;
import dev.osimage.oci.content.Compression;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TerminationTest {

  @Test
  void aSuccessIsItsDigest() {
    var digest = Digest.of(new byte[0]);
    var success = Termination.success(digest);

    assertThat(text(Wire.write(success)))
        .isEqualTo(
            "{\"digest\":\"%s\",\"message\":\"\",\"reason\":\"Succeeded\",\"version\":1}"
                .formatted(digest));
    assertThat(Wire.read(Wire.write(success), Termination.class)).isEqualTo(success);
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void aFailureIsReadBackAsItWasWritten(Reason reason) {
    var failure = Termination.failure(reason, "kernel: \"x\" is not é \ud83d\ude00\n");

    assertThat(failure.message()).isEqualTo("kernel: \"x\" is not é \ud83d\ude00\n");
    assertThat(text(Wire.write(failure))).doesNotContain("digest", "\n");
    assertThat(Wire.read(Wire.write(failure), Termination.class)).isEqualTo(failure);
  }

  private static FinishedPart finished(int number) {
    var digest = Digest.of(new byte[number]);
    return new FinishedPart(digest, "boot/file" + number, Compression.ZSTD, digest, number);
  }

  @Test
  void aFailureTellsItsStepAndWhatIsFinished() {
    var failure =
        Termination.failure(
            Reason.REGISTRY_UNAVAILABLE, "m", BuildStep.MANIFEST, List.of(finished(1)));

    assertThat(text(Wire.write(failure))).contains("\"step\":\"manifest\"");
    assertThat(failure.finished()).containsExactly(finished(1));
    assertThat(Wire.read(Wire.write(failure), Termination.class)).isEqualTo(failure);
  }

  @Test
  void whatIsAbsentIsNotWritten() {
    var failure = Termination.failure(Reason.SOURCE_REFUSED, "m");

    assertThat(text(Wire.write(failure)))
        .isEqualTo("{\"message\":\"m\",\"reason\":\"SourceRefused\",\"version\":1}");
    assertThat(Wire.read(Wire.write(failure), Termination.class)).isEqualTo(failure);
  }

  @Test
  void aStepOfANewerBuilderIsNone() {
    var json = "{\"version\":1,\"reason\":\"SourceRefused\",\"message\":\"m\",\"step\":\"weld\"}";

    assertThat(Wire.read(json.getBytes(StandardCharsets.UTF_8), Termination.class))
        .isEqualTo(Termination.failure(Reason.SOURCE_REFUSED, "m"));
  }

  /** The message matters more, and a part that is left out is only pushed again. */
  @ParameterizedTest
  @ValueSource(ints = {0, 100, 400, 700, 5000})
  void asManyFinishedPartsAreToldAsThereIsRoomForBesidesTheMessage(int length) {
    var parts = IntStream.range(0, 12).mapToObj(TerminationTest::finished).toList();
    var message = "\u20ac".repeat(length / 3);
    var failure = Termination.failure(Reason.REGISTRY_UNAVAILABLE, message, BuildStep.TAG, parts);
    var without =
        Termination.failure(Reason.REGISTRY_UNAVAILABLE, message, BuildStep.TAG, List.of());

    assertThat(Wire.write(failure)).hasSizeLessThanOrEqualTo(Termination.MAX_BYTES);
    assertThat(failure.message()).isEqualTo(without.message());
    assertThat(failure.finished()).isEqualTo(parts.subList(0, failure.finished().size()));
    var more =
        new Termination(
            1,
            failure.reason(),
            failure.message(),
            null,
            failure.step(),
            parts.subList(0, failure.finished().size() + 1),
            null);
    assertThat(Wire.write(more)).as("with one more").hasSizeGreaterThan(Termination.MAX_BYTES);
    assertThat(Wire.read(Wire.write(failure), Termination.class)).isEqualTo(failure);
  }

  @Test
  void ofWhatWasFoundOfBootUrlsTheSentenceGoesBeforeThatOfAFailure() {
    var look = new BootLook(Reason.CREDENTIALS_MISSING, "nobody is let in ".repeat(16));
    var moved = Termination.failure(Reason.TAG_MOVED, "somebody moved it");
    var full = Termination.failure(Reason.TAG_MOVED, "m".repeat(2 * Termination.MAX_BYTES));

    assertThat(Wire.read(Wire.write(moved.with(look)), Termination.class).bootLook())
        .isEqualTo(look);
    assertThat(full.with(look).message()).isEqualTo(full.message());
    assertThat(Wire.write(full.with(look))).hasSizeLessThanOrEqualTo(Termination.MAX_BYTES);
    var crowded = Termination.failure(Reason.TAG_MOVED, "m".repeat(850));
    assertThat(crowded.with(look).bootLook()).isEqualTo(new BootLook(look.reason(), ""));
  }

  static Stream<String> longMessages() {
    return Stream.of(
        "x".repeat(10_240),
        "é".repeat(5_120),
        "€".repeat(3_500),
        "\"".repeat(10_240),
        "\\".repeat(10_240),
        "\u0001".repeat(10_240),
        "\n".repeat(10_240),
        "a\"é€\ud83d\ude00\u0007".repeat(1_000),
        "\ud83d\ude00".repeat(2_560),
        "x".repeat(1_000_000));
  }

  @ParameterizedTest
  @MethodSource("longMessages")
  void aMessageOfAnyLengthFitsAndSaysThatItWasCut(String message) {
    var failure = Termination.failure(Reason.SOURCE_UNAVAILABLE, message);

    var json = Wire.write(failure);
    assertThat(json).hasSizeLessThanOrEqualTo(Termination.MAX_BYTES);
    assertThat(json.length).as("most of the room is used").isGreaterThan(800);
    assertThat(Wire.read(json, Termination.class)).isEqualTo(failure);
    assertThat(failure.message()).endsWith("…");
    assertThat(message).startsWith(failure.message().substring(0, failure.message().length() - 1));
  }

  static IntStream offsets() {
    return IntStream.range(0, 24);
  }

  @ParameterizedTest
  @MethodSource("offsets")
  void aCutNeverSplitsACharacter(int offset) {
    var message = "x".repeat(offset) + "\ud83d\ude00".repeat(1_000 + offset * 7);

    var cut = Termination.failure(Reason.INTERNAL_ERROR, message).message();

    assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(cut))
        .as("has an unpaired surrogate: %s", cut)
        .isTrue();
  }

  @Test
  void aMessageThatJustFitsIsNotCut() {
    int room =
        Termination.MAX_BYTES - Wire.write(Termination.failure(Reason.INTERNAL_ERROR, "")).length;

    assertThat(Termination.failure(Reason.INTERNAL_ERROR, "x".repeat(room)).message())
        .isEqualTo("x".repeat(room));
    assertThat(Termination.failure(Reason.INTERNAL_ERROR, "x".repeat(room + 1)).message())
        .endsWith("…");
  }

  /** Messages quote servers; a broken text must not keep a builder from saying why it failed. */
  @Test
  void aMessageThatIsNoValidTextIsStillReported() {
    var json = Wire.write(Termination.failure(Reason.SOURCE_REFUSED, "a\ud83d b \ude00"));

    assertThat(Wire.read(json, Termination.class).reason()).isEqualTo(Reason.SOURCE_REFUSED);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
