package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.Fault;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Blobs of at least 400 000 bytes are fetched in ranges of 100 000 here. */
class RangedPullTest extends AgainstFaults {

  private static final byte[] CONTENT = bytes(1_050_000);
  private static final Descriptor BLOB = Descriptor.of("a/b", CONTENT);

  @TempDir Path folder;

  @Test
  void aBigBlobIsFetchedInRangesOfWhichNoneIsAskedForTwice() throws IOException {
    var registry = pull();

    assertThat(registry.requests(Step.BLOB_GET))
        .extracting(get -> header(get, "Range"))
        .hasSize(11)
        .doesNotHaveDuplicates()
        .contains("bytes=0-99999", "bytes=100000-199999", "bytes=1000000-1049999");
    assertThat(registry.mostAtOnce(registry.host())).isLessThanOrEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(ints = {399_999, 400_000, 400_001, 500_000})
  void everyLengthAroundTheBordersArrivesWhole(int length) throws IOException {
    var registry = registry();
    var content = bytes(length);
    registry.addBlob(content);

    client(registry, 400_000).pullBlob(Descriptor.of("a/b", content), folder.resolve("blob"));

    assertThat(folder.resolve("blob")).hasBinaryContent(content);
    assertThat(registry.count(Step.BLOB_GET))
        .isEqualTo(length < 400_000 ? 1 : (length + 99_999) / 100_000);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 50_000, 99_999})
  void aRangeThatIsCutGoesOnWhereItWasCut(long bytes) throws IOException {
    var registry = pull(Rule.first(4, Step.BLOB_GET).cutsAnswer(bytes));

    assertThat(registry.requests(Step.BLOB_GET))
        .extracting(get -> header(get, "Range"))
        .contains("bytes=" + bytes + "-99999");
  }

  static Stream<Fault> borne() {
    return Stream.of(
        Quirk.NO_BLOB_RANGES,
        Quirk.LYING_CONTENT_RANGE,
        Quirk.CHANGING_ETAG,
        Quirk.BLOB_REDIRECT,
        Rule.always(Step.BLOB_GET).edits(answer -> answer.header("Content-Range", null)),
        Rule.once(Step.BLOB_GET).resets(),
        Rule.first(3, Step.BLOB_GET).answers(Answer.of(503)),
        Rule.once(Step.BLOB_GET).says("no HTTP at all"));
  }

  @ParameterizedTest
  @MethodSource("borne")
  void whatRegistriesDoToRangesIsBorne(Fault fault) throws IOException {
    pull(fault, Quirk.BEARER);
  }

  @Test
  void aRegistryThatAnswersWithOtherRangesIsAskedForTheWholeBlob() throws IOException {
    var registry = pull(Quirk.LYING_CONTENT_RANGE);

    assertThat(registry.requests(Step.BLOB_GET).getLast().header("Range")).isNull();
  }

  /** The others are in the middle of their ranges when one learns that there are none. */
  @RepeatedTest(20)
  void aRegistryOfWhichOnlySomeServersKnowRangesIsBorne() throws IOException {
    pull(
        Rule.once(Step.BLOB_GET)
            .after(2)
            .answers(Answer.of(200, CONTENT, "Content-Type: application/octet-stream")));
  }

  @Test
  void aDamagedRangeIsFoundAndLeavesNothing() {
    assertThatThrownBy(() -> pull(Rule.once(Step.BLOB_GET).after(7).flipsByte(5)))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("it has the content of");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aRangeThatKeepsFailingEndsThePullAndLeavesNothing() {
    assertThatThrownBy(() -> pull(Rule.first(1000, Step.BLOB_GET).after(5).answers(Answer.of(503))))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE))
        .hasMessageEndingWith("HTTP 503");
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 41, Long.MAX_VALUE})
  void aSizeThatNobodyHasCostsNoMemory(long size) throws IOException {
    var registry = registry();
    registry.addBlob(CONTENT);
    var described = new Descriptor("a/b", BLOB.digest(), size);

    assertThatThrownBy(() -> client(registry, 400_000).pullBlob(described, folder.resolve("blob")))
        .isInstanceOf(ContentException.class);
    assertThat(folder).isEmptyDirectory();
  }

  private FaultRegistry pull(Fault... faults) throws IOException {
    var registry = registry(faults);
    registry.addBlob(CONTENT);

    client(registry, 400_000).pullBlob(BLOB, folder.resolve("blob"));

    assertThat(folder.resolve("blob")).hasBinaryContent(CONTENT);
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
    return registry;
  }

  private RegistryClient client(FaultRegistry registry, int rangesFrom) {
    return new RegistryClient(http(), registry.repository(), settings(registry, LOGIN), rangesFrom);
  }
}
