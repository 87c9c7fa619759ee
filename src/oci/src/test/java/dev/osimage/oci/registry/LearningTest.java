package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.osimage.oci.Content;
import dev.osimage.oci.Digest;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.Fault;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Profile;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Received;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an upload finds out about a registry, and what the next one makes of it. */
class LearningTest extends AgainstFaults {

  private static final byte[] FIRST = bytes(3 << 20);
  private static final byte[] SECOND = bytes((3 << 20) + 5);

  @ParameterizedTest
  @EnumSource(names = {"BODY_LIMIT", "BODY_LIMIT_RESET", "BODY_CUT"})
  void bodiesThatAreTooLongAreSentInChunksThatShrink(Quirk limit) throws IOException {
    var registry = registry(limit.of(1_500_000));
    var client = client(registry);

    push(registry, client, FIRST);
    int patches = registry.count(Step.UPLOAD_PATCH);
    push(registry, client, SECOND);

    var chunks = registry.requests(Step.UPLOAD_PATCH).subList(patches, patches + 4);
    assertThat(chunks)
        .as("the second blob is sent in the way that the first one found")
        .extracting(chunk -> header(chunk, "Content-Range"))
        .containsExactly("0-1048575", "1048576-2097151", "2097152-3145727", "3145728-3145732");
    assertThat(registry.count(Step.UPLOAD_PATCH)).isEqualTo(patches + 4);
    assertThat(registry.openUploads()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"BODY_LIMIT", "BODY_LIMIT_RESET", "BODY_CUT"})
  void theSmallestUsefulChunkIsFoundWithinTheUsualTries(Quirk limit) throws IOException {
    var registry = registry(limit.of(300_000));

    push(registry, client(registry), FIRST);
  }

  @ParameterizedTest
  @EnumSource(names = {"BODY_LIMIT", "BODY_CUT"})
  void contentOfUnknownLengthIsSentInChunksToo(Quirk limit) throws IOException {
    var registry = registry(limit.of(1_500_000));

    assertThat(registry.blob(pushUnknown(client(registry), SECOND))).hasValue(SECOND);
  }

  @Test
  void aCapOnContentRangeIsFoundAndNeverExceededAgain() throws IOException {
    var registry = registry(Quirk.CONTENT_RANGE_CAP, Quirk.BODY_LIMIT.of(8 << 20));
    var client = client(registry);
    var big = bytes(9 << 20);

    push(registry, client, big);
    int patches = registry.count(Step.UPLOAD_PATCH);
    push(registry, client, bytes((9 << 20) + 1));

    assertThat(registry.requests(Step.UPLOAD_PATCH).subList(patches, patches + 3))
        .extracting(chunk -> header(chunk, "Content-Length"))
        .containsExactly("4194304", "4194304", "1048577");
  }

  @Test
  void ghcrTakesAnyBlobInOneStream() throws IOException {
    var registry = registry(Profile.GHCR);

    push(registry, client(registry), bytes(9 << 20));

    assertThat(registry.count(Step.UPLOAD_PATCH)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {404, 405, 501})
  void aRegistryWithoutPatchGetsEverythingWithThePut(long status) throws IOException {
    var registry = registry(Quirk.NO_PATCH.of(status));
    var client = client(registry);

    push(registry, client, FIRST);
    push(registry, client, SECOND);

    assertThat(registry.count(Step.UPLOAD_PATCH)).as("asked for once").isEqualTo(1);
    assertThat(registry.requests(Step.UPLOAD_PUT))
        .extracting(Received::bytes)
        .containsExactly((long) FIRST.length, (long) SECOND.length);
    assertThat(registry.openUploads()).isZero();
  }

  @Test
  void withoutPatchContentOfUnknownDigestIsReadTwice() throws IOException {
    var registry = registry(Quirk.NO_PATCH, Quirk.NO_CHUNKED_TRANSFER);
    var client = client(registry);
    assertThat(registry.blob(pushUnknown(client, FIRST))).hasValue(FIRST);

    var failure =
        catchThrowableOfType(
            UnknownDigestException.class,
            () -> client.upload(new ByteArrayInputStream(SECOND), OptionalLong.empty(), null));

    assertThat(failure.digest()).isEqualTo(Digest.of(SECOND));
    assertThat(failure.size()).isEqualTo(SECOND.length);
    assertThat(failure.learned()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {411, 400})
  void whereLengthsAreNeededUnknownContentIsSentInChunksOfKnownLength(long status)
      throws IOException {
    var registry = registry(Quirk.NO_CHUNKED_TRANSFER.of(status));
    var content = bytes((9 << 20) + 3);

    assertThat(registry.blob(pushUnknown(client(registry), content))).hasValue(content);

    assertThat(registry.requests(Step.UPLOAD_PATCH))
        .extracting(chunk -> header(chunk, "Content-Length"))
        .containsExactly("", "8388608", "1048579");
  }

  /** What goes wrong once chunks are needed. */
  static List<List<Fault>> chunks() {
    return List.of(
        List.of(Quirk.STALE_RANGE),
        List.of(Quirk.LYING_RANGE),
        List.of(Quirk.CONTENT_RANGE_IGNORED),
        List.of(Quirk.STATE_IN_LOCATION),
        List.of(Quirk.PATCH_STATUS),
        List.of(Quirk.PATCH_STATUS.of(204), Quirk.RELATIVE_LOCATION),
        List.of(Quirk.UPLOADS_ELSEWHERE, Quirk.BASIC),
        List.of(Quirk.CHUNK_MINIMUM.of(1_200_000)),
        List.of(Quirk.HTML_ERRORS),
        List.of(Quirk.EAGER_REFUSAL),
        List.of(Quirk.EAGER_REFUSAL_RESET));
  }

  @ParameterizedTest
  @MethodSource("chunks")
  void chunksWorkWhateverElseIsOdd(List<Fault> faults) throws IOException {
    var registry = registry(faults.toArray(Fault[]::new));
    registry.add(Quirk.BODY_LIMIT.of(1_500_000));

    push(registry, client(registry), FIRST);
  }

  @Test
  void aChunkMinimumIsKept() throws IOException {
    var registry = registry(Quirk.CHUNK_MINIMUM.of(1_200_000), Quirk.BODY_LIMIT.of(1_500_000));

    push(registry, client(registry), FIRST);

    assertThat(registry.requests(Step.UPLOAD_PATCH))
        .extracting(chunk -> header(chunk, "Content-Length"))
        .endsWith("1200000", "1200000", "745728");
  }

  @Test
  void aRegistryThatClaimsMoreThanWasSentIsNotBelieved() throws IOException {
    var registry = registry(Quirk.LYING_RANGE.of(1), Quirk.BODY_LIMIT.of(1_500_000));

    assertThatThrownBy(() -> push(registry, client(registry), FIRST))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageEndingWith("it answered with more content than was sent");
    assertThat(registry.openUploads()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"ONE_PATCH_ONLY", "EMPTY_PUT_500"})
  void whereSeveralChunksFailEverythingGoesWithThePut(Quirk quirk) throws IOException {
    var registry = registry(quirk);
    registry.add(Rule.first(4, Step.UPLOAD_PATCH).answersEarly(Answer.html(413)));
    var client = client(registry);

    push(registry, client, FIRST);
    int patches = registry.count(Step.UPLOAD_PATCH);
    push(registry, client, SECOND);

    assertThat(registry.count(Step.UPLOAD_PATCH)).isEqualTo(patches);
    assertThat(registry.requests(Step.UPLOAD_PUT).getLast().bytes()).isEqualTo(SECOND.length);
  }

  @ParameterizedTest
  @EnumSource(names = {"ONE_PATCH_ONLY", "NO_PATCH", "PUT_BODY_404"})
  void whereNoWayIsLeftTheFailureSaysSoAndEnds(Quirk quirk) throws IOException {
    var registry = registry(quirk, Quirk.BODY_LIMIT.of(100_000));

    assertThatThrownBy(() -> push(registry, client(registry), FIRST))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
        .hasMessageContaining("HTTP 4");
    assertThat(registry.count(Step.UPLOAD_POST)).isLessThan(20);
    assertThat(registry.openUploads()).isZero();
  }

  @Test
  void oneCutIsAnAccidentAndTeachesNothing() throws IOException {
    var registry =
        registry(
            Rule.once(Step.UPLOAD_PATCH).cutsRequest(100_000),
            Rule.once(Step.UPLOAD_PATCH).after(2).cutsRequest(100_000));
    var client = client(registry);

    push(registry, client, FIRST);
    push(registry, client, SECOND);

    assertThat(registry.requests(Step.UPLOAD_PATCH))
        .hasSize(4)
        .allSatisfy(patch -> assertThat(patch.header("Content-Range")).isNull());
  }

  @Test
  void aSmallBlobIsNoChunkOfItself() throws IOException {
    var registry = registry(Quirk.BODY_LIMIT.of(1_500_000));
    var client = client(registry);
    push(registry, client, FIRST);
    int patches = registry.count(Step.UPLOAD_PATCH);

    push(registry, client, bytes(10));
    push(registry, client, new byte[0]);

    assertThat(registry.count(Step.UPLOAD_PATCH)).isEqualTo(patches + 1);
  }

  @Test
  void uploadsAtTheSameTimeLearnFromEachOther() throws Exception {
    var registry = registry(Quirk.NO_PATCH.of(405), Quirk.BODY_LIMIT.of(50_000_000));
    var client = client(registry);
    var pushed =
        IntStream.range(0, 6)
            .mapToObj(i -> bytes(500_000 + i))
            .map(content ->
                CompletableFuture.runAsync(
                    () -> {
                      try {
                        push(registry, client, content);
                      } catch (IOException e) {
                        throw new AssertionError(e);
                      }
                    },
                    task -> Thread.ofVirtual().start(task)))
            .toList();

    for (var each : pushed) {
      each.get();
    }

    assertThat(registry.count(Step.UPLOAD_PATCH)).isLessThanOrEqualTo(3);
  }

  private static void push(FaultRegistry registry, RegistryClient client, byte[] content)
      throws IOException {
    var digest = Digest.of(content);
    assertThat(client.pushBlob(digest, Content.of(content))).isEqualTo(content.length);
    assertThat(registry.blob(digest)).hasValue(content);
  }
}
