package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.Fault;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PullTest extends AgainstFaults {

  private static final byte[] CONTENT = bytes(300_000);
  private static final Descriptor BLOB = Descriptor.of("a/b", CONTENT);

  @TempDir Path folder;

  @Test
  void aBlobThatIsCutAtAnyByteIsReadOnFromThere() throws IOException {
    var registry = registry();
    registry.addBlob(CONTENT);
    var client = client(registry);
    for (int position = 0; position < CONTENT.length; position += 14_983) {
      registry.recover();
      registry.add(
          Rule.once(Step.BLOB_GET).cutsAnswer(position),
          Rule.once(Step.BLOB_GET).after(1).cutsAnswer(1));

      assertThat(read(client)).as("cut at " + position).isEqualTo(CONTENT);
    }
    assertThat(registry.requests(Step.BLOB_GET))
        .extracting(get -> header(get, "Range"))
        .contains("bytes=14983-", "bytes=14984-");
  }

  static Stream<List<Fault>> caches() {
    return Stream.of(
        List.of(Quirk.CHANGING_ETAG),
        List.of(Quirk.NO_BLOB_RANGES),
        List.of(Quirk.CHANGING_ETAG, Quirk.NO_BLOB_RANGES),
        List.of(Quirk.BLOB_REDIRECT),
        List.of(Quirk.BLOB_REDIRECT.of(302), Quirk.BEARER));
  }

  @ParameterizedTest
  @MethodSource("caches")
  void aCutIsMendedWhateverStandsInFront(List<Fault> faults) throws IOException {
    var registry = registry(faults.toArray(Fault[]::new));
    registry.add(Rule.once(Step.BLOB_GET, Step.STORAGE).after(1).cutsAnswer(100_000));
    registry.addBlob(CONTENT);
    var client = client(registry);
    client.pullBlob(BLOB, folder.resolve("first"));

    client.pullBlob(BLOB, folder.resolve("second"));

    assertThat(folder.resolve("first")).hasBinaryContent(CONTENT);
    assertThat(folder.resolve("second")).hasBinaryContent(CONTENT);
  }

  @Test
  void aRangeThatIsNotTheOneAskedForIsNotTaken() throws IOException {
    var registry =
        registry(Quirk.LYING_CONTENT_RANGE, Rule.once(Step.BLOB_GET).cutsAnswer(100_000));
    registry.addBlob(CONTENT);

    assertThatThrownBy(() -> client(registry).pullBlob(BLOB, folder.resolve("blob")))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE))
        .hasMessageContaining("another range than was asked for");
    assertNoFiles();
  }

  @Test
  void aBlobThatIsCutAgainAndAgainIsUnavailable() throws IOException {
    var registry = registry(Rule.always(Step.BLOB_GET).cutsAnswer(0));
    registry.addBlob(CONTENT);

    assertThatThrownBy(() -> client(registry).pullBlob(BLOB, folder.resolve("blob")))
        .isInstanceOfSatisfying(
            RegistryException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE);
              assertThat(e.retryable()).isTrue();
            })
        .hasMessageStartingWith("reading blob %s at %s failed: ", BLOB.digest(), registry.host());
    assertNoFiles();
  }

  @Test
  void aDamagedBlobNeverGetsItsName() throws IOException {
    var registry = registry(Rule.always(Step.BLOB_GET).flipsByte(299_999));
    registry.addBlob(CONTENT);
    Files.writeString(folder.resolve("blob"), "old");

    assertThatThrownBy(() -> client(registry).pullBlob(BLOB, folder.resolve("blob")))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining(" is damaged: it has the content of sha256:");

    assertThat(folder.resolve("blob")).hasContent("old");
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void aDamagedStreamFailsAtItsEnd() throws IOException {
    var registry = registry(Rule.always(Step.BLOB_GET).flipsByte(7));
    registry.addBlob(CONTENT);

    assertThatThrownBy(() -> read(client(registry))).isInstanceOf(ContentException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 299_999, 300_001, Long.MAX_VALUE})
  void aBlobOfAnotherSizeThanDescribedIsDamaged(long size) throws IOException {
    var registry = registry();
    registry.addBlob(CONTENT);
    var described = new Descriptor("a/b", BLOB.digest(), size);

    assertThatThrownBy(() -> client(registry).pullBlob(described, folder.resolve("blob")))
        .isInstanceOf(ContentException.class);
    assertThatThrownBy(() -> client(registry).blob(described).readAllBytes())
        .isInstanceOf(ContentException.class);
    assertNoFiles();
  }

  @Test
  void anEndlessBlobIsNotReadToItsEnd() throws IOException {
    var registry = registry(Rule.always(Step.BLOB_GET).answers(Answer.endless(200)));

    assertThatThrownBy(() -> client(registry).pullBlob(BLOB, folder.resolve("blob")))
        .isInstanceOf(ContentException.class);
    assertNoFiles();
  }

  @Test
  void aBlobThatIsNotThereIsRefused() throws IOException {
    var registry = registry();

    assertThatThrownBy(() -> client(registry).pullBlob(BLOB, folder.resolve("blob")))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.status()).isEqualTo(404));
    assertNoFiles();
  }

  @Test
  void aPulledFileReplacesTheOneThatIsThere() throws IOException {
    var registry = registry();
    registry.addBlob(CONTENT);
    Files.writeString(folder.resolve("blob"), "old");

    client(registry).pullBlob(BLOB, folder.resolve("blob"));

    assertThat(folder.resolve("blob")).hasBinaryContent(CONTENT);
  }

  @Test
  void anEmptyBlobIsPulledLikeAnyOther() throws IOException {
    var registry = registry();
    registry.addBlob(new byte[0]);
    var empty = Descriptor.of("a/b", new byte[0]);

    client(registry).pullBlob(empty, folder.resolve("blob"));

    assertThat(folder.resolve("blob")).isEmptyFile();
    assertThat(client(registry).blob(empty).readAllBytes()).isEmpty();
    assertThat(client(registry).blobStart(empty.digest(), 10)).isEmpty();
    assertThat(client(registry).blobSize(empty.digest())).hasValue(0);
  }

  @Test
  void theSizeOfABlobComesFromItsHead() throws IOException {
    var registry =
        registry(Quirk.BASIC, Rule.always(Step.BLOB_HEAD).claimsLength(231_536_600_000L));
    registry.addBlob(CONTENT);

    assertThat(client(registry).blobSize(BLOB.digest())).hasValue(231_536_600_000L);
    assertThat(client(registry).hasBlob(BLOB)).isFalse();
    assertThat(registry.count(Step.BLOB_GET)).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 300_000})
  void whereHeadHasNoLengthARangeTellsIt(int size) throws IOException {
    var registry = registry(Rule.always(Step.BLOB_HEAD).claimsLength(-1));
    var digest = registry.addBlob(bytes(size));

    assertThat(client(registry).blobSize(digest)).hasValue(size);
  }

  @Test
  void aBlobWithoutAnyLengthIsNotGuessed() throws IOException {
    var registry =
        registry(Quirk.NO_BLOB_RANGES, Rule.always(Step.BLOB_HEAD, Step.BLOB_GET).claimsLength(-1));
    registry.addBlob(CONTENT);

    assertThatThrownBy(() -> client(registry).blobSize(BLOB.digest()))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageEndingWith("it answered with a blob without Content-Length");
  }

  @Test
  void theSizeOfACompressedAnswerIsNotTheSizeOfTheBlob() throws IOException {
    var registry = registry(Rule.always(Step.BLOB_HEAD).header("Content-Encoding", "gzip"));
    registry.addBlob(CONTENT);

    assertThatThrownBy(() -> client(registry).blobSize(BLOB.digest()))
        .isInstanceOf(RegistryException.class)
        .hasMessageEndingWith("a blob in another encoding than its own");
    assertThat(header(registry.requests().getFirst(), "Accept-Encoding")).isEqualTo("identity");
  }

  @ParameterizedTest
  @ValueSource(strings = {"RELATIVE_LOCATION", "NO_BLOB_RANGES", "BLOB_REDIRECT"})
  void onlyTheStartOfABlobIsAskedForAndRead(Quirk quirk) throws IOException {
    var registry = registry(quirk);
    var digest = registry.addBlob(CONTENT);

    assertThat(client(registry).blobStart(digest, 4)).isEqualTo(Arrays.copyOf(CONTENT, 4));
    assertThat(client(registry).blobStart(registry.addBlob(new byte[] {1}), 4)).containsExactly(1);
    assertThat(registry.requests(Step.BLOB_GET, Step.STORAGE))
        .allSatisfy(get -> assertThat(header(get, "Range")).isEqualTo("bytes=0-3"));
  }

  @Test
  void aStartThatIsCutIsAskedForAgain() throws IOException {
    var registry = registry(Rule.first(4, Step.BLOB_GET).cutsAnswer(2));
    var digest = registry.addBlob(CONTENT);

    assertThat(client(registry).blobStart(digest, 1000)).isEqualTo(Arrays.copyOf(CONTENT, 1000));

    registry.add(Rule.always(Step.BLOB_GET).cutsAnswer(2));
    assertThatThrownBy(() -> client(registry).blobStart(digest, 1000))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
  }

  @Test
  void aSlowBlobIsReadAllTheSame() throws IOException {
    var registry = registry(Rule.once(Step.BLOB_GET).trickles(Duration.ofMillis(1)));
    var content = bytes(20);
    registry.addBlob(content);

    assertThat(impatient(registry).blob(Descriptor.of("a/b", content)).readAllBytes())
        .isEqualTo(content);
  }

  @Test
  void aBlobThatStallsIsAskedForAgain() throws IOException {
    var registry = registry(Rule.once(Step.BLOB_GET).hangs());
    registry.addBlob(CONTENT);

    assertThat(read(impatient(registry))).isEqualTo(CONTENT);
  }

  private static byte[] read(RegistryClient client) throws IOException {
    try (var blob = client.blob(BLOB)) {
      return blob.readAllBytes();
    }
  }

  private void assertNoFiles() {
    assertThat(folder).isEmptyDirectory();
  }
}
