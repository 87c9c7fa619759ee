package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Received;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeletionsTest extends AgainstFaults {

  private static final String DELETE = "repository:os/debian:delete,pull,push";

  /** An image with the tags {@code old} and {@code kept}. */
  private static Manifest tagged(FaultRegistry registry) {
    var manifest = Operation.image(registry, "image");
    registry.addManifest("old", manifest.mediaType(), manifest.bytes());
    registry.addManifest("kept", manifest.mediaType(), manifest.bytes());
    return manifest;
  }

  private static Digest moved(FaultRegistry registry) {
    var other = Operation.image(registry, "other");
    return registry.addManifest("old", other.mediaType(), other.bytes());
  }

  private static void assertOnlyKept(FaultRegistry registry, Manifest manifest) {
    assertThat(registry.tags()).containsExactly("kept");
    assertThat(registry.manifest("kept")).hasValue(manifest.bytes());
    assertThat(pushed(registry))
        .as("nothing of ours stays")
        .allMatch(path -> !present(registry, path));
  }

  /** The references under which manifests were pushed. */
  private static List<String> pushed(FaultRegistry registry) {
    return registry.requests(Step.MANIFEST_PUT).stream()
        .map(put -> put.path().substring(put.path().lastIndexOf('/') + 1))
        .toList();
  }

  private static boolean present(FaultRegistry registry, String reference) {
    return registry.manifest(reference).isPresent();
  }

  /** The manifests that were deleted by digest. */
  private static List<String> deleted(FaultRegistry registry) {
    return registry.requests(Step.MANIFEST_DELETE).stream()
        .map(delete -> delete.path().substring(delete.path().lastIndexOf('/') + 1))
        .filter(reference -> reference.contains(":"))
        .toList();
  }

  private static RegistryException failure(Kind kind, ThrowingCallable call) {
    var failure = catchThrowableOfType(RegistryException.class, call);
    assertThat(failure).isNotNull();
    assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(kind);
    return failure;
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 202, 204})
  void aManifestIsDeletedByItsDigest(int status) throws IOException {
    var registry =
        registry(Rule.always(Step.MANIFEST_DELETE).edits(answer -> answer.status(status)));
    var manifest = tagged(registry);

    assertThat(client(registry).deleteManifest(manifest.digest())).isTrue();

    assertThat(registry.requests())
        .extracting(Received::toString)
        .containsExactly("DELETE /v2/os/debian/manifests/" + manifest.digest());
    assertThat(registry.manifest(manifest.digest().toString())).isEmpty();
  }

  @Test
  void aManifestThatIsNotThereWasNotDeleted() throws IOException {
    assertThat(client(registry()).deleteManifest(Digest.of(new byte[0]))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"405, ''", "501, ''", "405, UNSUPPORTED", "400, UNSUPPORTED", "404, UNSUPPORTED"})
  void aRegistryThatDoesNotDeleteSaysSo(int status, String code) throws IOException {
    var registry =
        registry(Rule.always(Step.MANIFEST_DELETE).answers(Answer.error(status, code, "off")));

    var failure =
        failure(Kind.UNSUPPORTED, () -> client(registry).deleteManifest(Digest.of(new byte[] {1})));

    assertThat(failure.retryable()).isFalse();
    assertThat(failure.status()).isEqualTo(status);
    assertThat(failure).message().startsWith("deleting manifest sha256:").contains("off)");
    assertThat(registry.requests()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "400, GOOGLE_MANIFEST_DANGLING_PARENT_IMAGE, REFUSED",
    "412, PRECONDITION, REFUSED",
    "403, DENIED, UNAUTHORIZED",
    "503, UNSUPPORTED, UNAVAILABLE"
  })
  void aManifestThatMayNotBeDeletedIsAnotherFailure(int status, String code, Kind kind)
      throws IOException {
    var registry =
        registry(Rule.always(Step.MANIFEST_DELETE).answers(Answer.error(status, code, "no")));

    failure(kind, () -> client(registry).deleteManifest(Digest.of(new byte[] {1})));
  }

  /** On a connection that was used before, the HTTP library would send it again by itself. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDeletionWhoseAnswerIsLostHasSucceeded(boolean connected) throws IOException {
    var registry = registry(Rule.once(Step.MANIFEST_DELETE).losesAnswer());
    var manifest = tagged(registry);
    var client = client(registry);
    if (connected) {
      client.manifest("old");
    }

    assertThat(client.deleteManifest(manifest.digest())).isTrue();

    assertThat(registry.count(Step.MANIFEST_DELETE)).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 503})
  void aPassingFailureIsTriedAgain(int status) throws IOException {
    var registry = registry(Rule.first(2, Step.MANIFEST_DELETE).answers(Answer.of(status)));
    var manifest = tagged(registry);

    assertThat(client(registry).untag("old", manifest.digest())).isTrue();
    registry.add(Rule.first(2, Step.MANIFEST_DELETE).answers(Answer.of(status)));
    assertThat(client(registry).deleteManifest(manifest.digest())).isTrue();

    assertThat(registry.count(Step.MANIFEST_DELETE)).isEqualTo(6);
    assertThat(registry.manifest(manifest.digest().toString())).isEmpty();
  }

  @Test
  void aDigestThatIsCalledNoneIsTriedAgain() throws IOException {
    var misread = Answer.error(400, "DIGEST_INVALID", "provided digest did not match");
    var registry = registry(Rule.once(Step.MANIFEST_DELETE).answers(misread));
    var manifest = tagged(registry);

    assertThat(client(registry).deleteManifest(manifest.digest())).isTrue();
  }

  @Test
  void aTagIsDeletedAndTheManifestStaysWithItsOtherTags() throws IOException {
    var registry = registry();
    var manifest = tagged(registry);

    assertThat(client(registry).untag("old", manifest.digest())).isTrue();

    assertOnlyKept(registry, manifest);
    assertThat(registry.requests())
        .extracting(Received::toString)
        .containsExactly("GET /v2/os/debian/manifests/old", "DELETE /v2/os/debian/manifests/old");
  }

  @Test
  void aTagThatNamesSomethingElseOrNothingIsLeftAlone() throws IOException {
    var registry = registry();
    var manifest = tagged(registry);
    var other = moved(registry);

    assertThat(client(registry).untag("old", manifest.digest())).isFalse();
    assertThat(client(registry).untag("none", manifest.digest())).isFalse();

    assertThat(registry.count(Step.MANIFEST_DELETE)).isZero();
    assertThat(registry.manifest(other.toString())).isEqualTo(registry.manifest("old"));
  }

  @Test
  void aTagWhoseDeletionIsNotAnsweredIsGone() throws IOException {
    var registry = registry(Rule.once(Step.MANIFEST_DELETE).losesAnswer());
    var manifest = tagged(registry);

    assertThat(client(registry).untag("old", manifest.digest())).isTrue();

    assertOnlyKept(registry, manifest);
  }

  @Test
  void aTagThatMovesBetweenTwoTriesIsLeftAlone() throws IOException {
    var registry =
        registry(
            Rule.once(Step.MANIFEST_DELETE).runs(DeletionsTest::moved),
            Rule.once(Step.MANIFEST_DELETE).answers(Answer.of(503)));
    var manifest = tagged(registry);

    assertThat(client(registry).untag("old", manifest.digest())).isFalse();

    assertThat(registry.tags()).containsExactlyInAnyOrder("old", "kept");
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 404, 405, 501})
  void whereOnlyDigestsAreDeletedTheTagGoesWithAManifestOfItsOwn(int status) throws IOException {
    var registry = registry(Quirk.NO_TAG_DELETE.of(status));
    var manifest = tagged(registry);

    assertThat(client(registry).untag("old", manifest.digest())).isTrue();

    assertOnlyKept(registry, manifest);
    var deleted = deleted(registry);
    assertThat(deleted).hasSize(2).doesNotHaveDuplicates();
    assertThat(registry.requests().stream().map(Received::toString))
        .containsExactly(
            "GET /v2/os/debian/manifests/old",
            "DELETE /v2/os/debian/manifests/old",
            "HEAD /v2/os/debian/blobs/" + MediaTypes.EMPTY_DESCRIPTOR.digest(),
            "PUT /v2/os/debian/manifests/" + deleted.getFirst(),
            "DELETE /v2/os/debian/manifests/" + deleted.getFirst(),
            "GET /v2/os/debian/manifests/old",
            "PUT /v2/os/debian/manifests/old",
            "DELETE /v2/os/debian/manifests/" + deleted.getLast());
  }

  @Test
  void whatIsPushedForItIsAnArtifactThatSaysWhatItStandsFor() throws IOException {
    var stopped = Rule.always(Step.MANIFEST_DELETE).after(2).answers(Answer.of(403));
    var registry = registry(Quirk.NO_TAG_DELETE, stopped);
    var manifest = tagged(registry);
    failure(Kind.UNAUTHORIZED, () -> client(registry).untag("old", manifest.digest()));

    var image = ImageManifest.parse(registry.manifest("old").orElseThrow());

    assertThat(image.artifactType()).isEqualTo("application/vnd.osimage.untagged.v1+json");
    assertThat(image.config()).isEqualTo(MediaTypes.EMPTY_DESCRIPTOR);
    assertThat(image.layers()).containsExactly(MediaTypes.EMPTY_DESCRIPTOR);
    assertThat(image.annotations())
        .containsEntry("dev.osimage.instead-of", manifest.digest().toString())
        .containsKey("dev.osimage.id");
  }

  /** Distribution may have forgotten the manifest before it failed, but not the tag's name. */
  @Test
  void aTagWhoseOwnManifestCouldNotBeDeletedNamesItWhenThatIsTriedAgain() throws IOException {
    var registry =
        registry(
            Quirk.NO_TAG_DELETE, Rule.once(Step.MANIFEST_DELETE).after(2).answers(Answer.of(500)));
    var manifest = tagged(registry);

    assertThat(client(registry).untag("old", manifest.digest())).isTrue();

    assertOnlyKept(registry, manifest);
    var standIn = "/v2/os/debian/manifests/" + deleted(registry).getLast();
    var tag = "/v2/os/debian/manifests/old";
    assertThat(registry.requests().stream().map(Received::toString))
        .endsWith("DELETE " + standIn, "GET " + tag, "PUT " + tag, "DELETE " + standIn);
  }

  @Test
  void aTagThatSomebodySetsInTheMeantimeIsHis() throws IOException {
    var second = Rule.once(Step.MANIFEST_DELETE).after(2);
    var events = second.runs(registry -> assertThat(moved(registry)).isNotNull());
    var registry = registry(Quirk.NO_TAG_DELETE, events, second.answers(Answer.of(500)));

    client(registry).untag("old", tagged(registry).digest());

    assertThat(registry.tags()).containsExactlyInAnyOrder("old", "kept");
  }

  @Test
  void whereTheEmptyBlobIsMissingItIsPushed() throws IOException {
    var registry = registry(Quirk.NO_TAG_DELETE);
    var digest = registry.addManifest("old", MediaTypes.IMAGE_MANIFEST, bytes(10));

    assertThat(client(registry).untag("old", digest)).isTrue();

    assertThat(registry.blob(MediaTypes.EMPTY_DESCRIPTOR.digest())).isPresent();
    assertThat(registry.tags()).isEmpty();
    assertThat(registry.manifest(digest.toString())).isPresent();
  }

  @Test
  void aRegistryThatDoesNotDeleteKeepsOneManifestHoweverOftenItIsTried() throws IOException {
    var registry = registry(Quirk.NO_DELETE);
    var manifest = tagged(registry);

    for (var tag : List.of("old", "kept", "old")) {
      failure(Kind.UNSUPPORTED, () -> client(registry).untag(tag, manifest.digest()));
    }

    assertThat(pushed(registry)).hasSize(3).containsOnly(pushed(registry).getFirst());
  }

  @Test
  void whereNothingIsDeletedTheTagStays() throws IOException {
    var registry = registry(Quirk.NO_DELETE);
    var manifest = tagged(registry);

    failure(Kind.UNSUPPORTED, () -> client(registry).untag("old", manifest.digest()));

    assertThat(registry.tags()).containsExactlyInAnyOrder("old", "kept");
    assertThat(registry.manifest("old")).hasValue(manifest.bytes());
  }

  @Test
  void aTagThatMovesWhileItIsFoundOutHowToDeleteIsLeftAlone() throws IOException {
    var registry =
        registry(Quirk.NO_TAG_DELETE, Rule.once(Step.MANIFEST_PUT).runs(DeletionsTest::moved));
    var manifest = tagged(registry);

    assertThat(client(registry).untag("old", manifest.digest())).isFalse();

    assertThat(registry.tags()).containsExactlyInAnyOrder("old", "kept");
    assertThat(registry.manifest("old")).isPresent().isNotEqualTo(registry.manifest("kept"));
  }

  @Test
  void aTagThatWasLeftOnTheEmptyManifestIsRemovedByTheNextCall() throws IOException {
    var broken = Rule.always(Step.MANIFEST_DELETE).after(2).answers(Answer.of(503));
    var registry = registry(Quirk.NO_TAG_DELETE, broken);
    var manifest = tagged(registry);
    failure(Kind.UNAVAILABLE, () -> client(registry).untag("old", manifest.digest()));
    assertThat(registry.manifest("old")).isPresent().isNotEqualTo(registry.manifest("kept"));

    registry.recover();
    registry.add(Quirk.NO_TAG_DELETE);

    assertThat(client(registry).untag("old", Digest.of(new byte[] {1})))
        .as("it stands for another")
        .isFalse();
    assertThat(client(registry).untag("old", manifest.digest())).isTrue();
    assertOnlyKept(registry, manifest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"MANIFEST_GET", "MANIFEST_PUT", "MANIFEST_DELETE", "BLOB_HEAD"})
  void everyLostAnswerOnTheWayIsBorne(Step step) throws IOException {
    for (int skipped = 0; skipped < 3; skipped++) {
      var registry = registry(Quirk.NO_TAG_DELETE, Rule.once(step).after(skipped).losesAnswer());
      var manifest = tagged(registry);

      assertThat(client(registry).untag("old", manifest.digest())).isTrue();

      assertOnlyKept(registry, manifest);
    }
  }

  @Test
  void aTokenToDeleteIsAskedForOnceAndOnlyWhenItIsNeeded() throws IOException {
    var registry = registry(Quirk.BEARER, Quirk.NO_TAG_DELETE);
    var manifest = tagged(registry);
    var client = client(registry);

    assertThat(client.untag("old", manifest.digest())).isTrue();
    assertThat(client.deleteManifest(manifest.digest())).isTrue();

    assertThat(registry.requests(Step.TOKEN))
        .extracting(token -> token.parameters("scope"))
        .containsExactly(List.of("repository:os/debian:pull"), List.of(DELETE));
  }

  @Test
  void aTokenServerThatKnowsNoSuchActionIsAskedForPushing() throws IOException {
    var registry = registry(Quirk.BEARER, Quirk.NO_DELETE_ACTION);
    var manifest = tagged(registry);

    assertThat(client(registry).deleteManifest(manifest.digest())).isTrue();

    assertThat(registry.requests(Step.TOKEN))
        .extracting(token -> token.parameters("scope"))
        .contains(List.of("repository:os/debian:pull,push"));
  }

  @Test
  void whoMayNotDeleteIsUnauthorized() throws IOException {
    var registry = registry(Quirk.BEARER, Quirk.READ_ONLY);
    var manifest = tagged(registry);
    var client = client(registry);

    List.<Consumer<Digest>>of(client::deleteManifest, digest -> client.untag("old", digest))
        .forEach(call -> failure(Kind.UNAUTHORIZED, () -> call.accept(manifest.digest())));

    assertThat(registry.tags()).containsExactlyInAnyOrder("old", "kept");
  }
}
