package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.registry.RegistryException.Kind;
import dev.osimage.oci.registry.RegistryException.Outlook;
import dev.osimage.oci.registry.UploadHabits.Step;
import dev.osimage.oci.registry.UploadMode.Chunks;
import dev.osimage.oci.registry.UploadMode.Stream;
import dev.osimage.oci.registry.UploadMode.Whole;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UploadHabitsTest {

  private static final int MIB = 1024 * 1024;

  private final UploadHabits habits = new UploadHabits();

  @Test
  void aStreamThatIsTooLongBecomesChunks() {
    assertThat(habits.mode()).isEqualTo(new Stream());
    assertThat(learn(answer(413))).isTrue();
    assertThat(habits.mode()).isEqualTo(new Chunks(64 * MIB));
  }

  @ParameterizedTest
  @CsvSource({"411, ''", "400, ''", "400, CONTENT_LENGTH_INVALID", "422, CONTENT_LENGTH_INVALID"})
  void contentOfUnknownLengthBecomesSmallChunksWhereALengthIsWanted(int status, String code) {
    assertThat(habits.learn(new Stream(), Step.CONTENT, true, answer(411, ""))).isFalse();
    assertThat(habits.learn(new Stream(), Step.CONTENT, false, answer(status, code))).isTrue();
    assertThat(habits.mode()).isEqualTo(new Chunks(8 * MIB));
  }

  @ParameterizedTest
  @CsvSource({"404, ''", "405, ''", "501, ''", "400, UNSUPPORTED"})
  void aRegistryWithoutPatchGetsBlobsAsAWhole(int status, String code) {
    assertThat(learn(answer(status, code))).isTrue();
    assertThat(habits.mode()).isEqualTo(new Whole());
  }

  @ParameterizedTest
  @CsvSource({
    "404, BLOB_UPLOAD_UNKNOWN",
    "404, BLOB_UPLOAD_INVALID",
    "400, ''",
    "403, DENIED",
    "500, ''"
  })
  void whatSaysNothingAboutTheModeTeachesNothing(int status, String code) {
    assertThat(learn(answer(status, code))).isFalse();
    assertThat(habits.mode()).isEqualTo(new Stream());
  }

  @Test
  void oneCutIsAnAccidentAndTwoAreALesson() {
    assertThat(learn(cut())).isFalse();
    habits.succeeded();
    assertThat(learn(cut())).isFalse();
    assertThat(learn(cut())).isTrue();
    assertThat(habits.mode()).isEqualTo(new Chunks(64 * MIB));
  }

  @ParameterizedTest
  @ValueSource(ints = {413, 416})
  void chunksShrinkToAQuarterUntilTheyAreSmallAndThenItIsTheWhole(int status) {
    learn(answer(413));
    for (int size = 16 * MIB; size >= 256 * 1024; size /= 4) {
      assertThat(learn(answer(status))).isTrue();
      assertThat(habits.mode()).isEqualTo(new Chunks(size));
    }
    assertThat(learn(answer(status))).isTrue();
    assertThat(habits.mode()).isEqualTo(new Whole());
  }

  @Test
  void chunksThatAreCutTwiceShrinkAsWell() {
    learn(answer(413));

    assertThat(learn(cut())).isFalse();
    assertThat(learn(cut())).isTrue();
    assertThat(habits.mode()).isEqualTo(new Chunks(16 * MIB));
  }

  @Test
  void aRegistryThatRefusesChunksGetsTheWholeUnlessOnlyTheSessionIsLost() {
    learn(answer(413));

    assertThat(learn(answer(404, "BLOB_UPLOAD_UNKNOWN"))).isFalse();
    assertThat(learn(answer(400, "UNSUPPORTED"))).isTrue();
    assertThat(habits.mode()).isEqualTo(new Whole());
  }

  @Test
  void aCommitThatFailsAfterChunksIsTriedAsAWholeAndAfterAStreamNot() {
    assertThat(habits.learn(new Stream(), Step.COMMIT, true, answer(500))).isFalse();
    learn(answer(413));

    assertThat(habits.learn(habits.mode(), Step.COMMIT, true, answer(400))).isFalse();
    assertThat(habits.learn(habits.mode(), Step.COMMIT, true, answer(500))).isTrue();
    assertThat(habits.mode()).isEqualTo(new Whole());
  }

  @Test
  void aWholeThatIsTooLongBecomesChunksAndNeverAWholeAgain() {
    learn(answer(405));

    assertThat(learn(answer(500))).isFalse();
    assertThat(learn(answer(413))).isTrue();
    assertThat(habits.mode()).isEqualTo(new Chunks(64 * MIB));
    assertThat(learn(answer(400, "UNSUPPORTED"))).isFalse();
    assertThat(habits.learn(habits.mode(), Step.COMMIT, true, answer(500))).isFalse();
    assertThat(habits.mode()).isEqualTo(new Chunks(64 * MIB));
  }

  @Test
  void whatAnotherUploadHasLearnedMeanwhileIsTriedAtOnce() {
    learn(answer(413));

    assertThat(habits.learn(new Stream(), Step.CONTENT, true, answer(413))).isTrue();
    assertThat(habits.mode()).isEqualTo(new Chunks(64 * MIB));
  }

  private boolean learn(RegistryException failure) {
    return habits.learn(habits.mode(), Step.CONTENT, true, failure);
  }

  private static RegistryException answer(int status) {
    return answer(status, "");
  }

  private static RegistryException answer(int status, String code) {
    var kind = status >= 500 ? Kind.UNAVAILABLE : Kind.REFUSED;
    var outlook = status >= 500 ? Outlook.PASSING : Outlook.FINAL;
    return new RegistryException(kind, status, code, outlook, null, "HTTP " + status, null);
  }

  private static RegistryException cut() {
    return new RegistryException(Kind.UNAVAILABLE, 0, "", Outlook.PASSING, null, "cut", null);
  }
}
