package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.DigestMismatchException;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Received;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a registry may send a client, and what the client takes along. */
class RedirectSafetyTest extends AgainstFaults {

  private static final byte[] CONTENT = bytes(100_000);
  private static final Descriptor BLOB = Descriptor.of("a/b", CONTENT);

  @ParameterizedTest
  @ValueSource(longs = {301, 302, 303, 307, 308})
  void aBlobInObjectStorageIsReadWithoutCredentials(long status) throws IOException {
    for (var scheme : List.of(Quirk.BASIC, Quirk.BEARER)) {
      var registry = registry(scheme, Quirk.BLOB_REDIRECT.of(status));
      registry.addBlob(CONTENT);

      assertThat(client(registry).blob(BLOB).readAllBytes()).isEqualTo(CONTENT);
      assertThat(client(registry).blobSize(BLOB.digest())).hasValue(CONTENT.length);

      assertThat(registry.requests(Step.STORAGE))
          .extracting(Received::method)
          .containsExactly("GET", "HEAD");
      assertThat(registry.authorizations(registry.storageHost())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BASIC", "BEARER"})
  void aLocationOnAnotherHostGetsTheBytesButNoCredentials(Quirk scheme) throws IOException {
    var registry = tlsRegistry(scheme, Quirk.UPLOADS_ELSEWHERE);

    client(registry).pushBlob(BLOB.digest(), Content.of(CONTENT));

    assertThat(registry.requests(Step.UPLOAD_PATCH, Step.UPLOAD_PUT))
        .hasSize(2)
        .allSatisfy(request -> {
          assertThat(request.host()).isEqualTo(registry.storageHost());
          assertThat(request.header("Authorization")).isNull();
        });
  }

  @Test
  void anUploadElsewhereIsCancelledThereWithoutCredentials() throws IOException {
    var registry = registry(Quirk.BASIC, Quirk.UPLOADS_ELSEWHERE);

    assertThatThrownBy(() -> client(registry).pushBlob(BLOB.digest(), Content.of(new byte[1])))
        .isInstanceOf(DigestMismatchException.class);

    assertThat(registry.openUploads()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"UPLOADS_PLAIN", "UPLOADS_PRIVATE"})
  void aLocationThatIsNotSafeIsRefusedAndGetsNothing(Quirk quirk) throws IOException {
    var registry = tlsRegistry(Quirk.BEARER, quirk);

    assertThatThrownBy(() -> client(registry).pushBlob(BLOB.digest(), Content.of(CONTENT)))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageEndingWith(
            quirk == Quirk.UPLOADS_PLAIN
                ? "it answered with a Location that leaves TLS"
                : "it answered with a Location that leads to the private address 169.254.169.254");
    assertThat(registry.count(Step.UPLOAD_PATCH)).isZero();
  }

  @Test
  void aLocationThatBecomesUnsafeAfterThePatchIsRefusedToo() throws IOException {
    var registry =
        registry(Rule.once(Step.UPLOAD_PATCH).header("Location", "http://10.0.0.1/session"));

    assertThatThrownBy(() -> client(registry).pushBlob(BLOB.digest(), Content.of(CONTENT)))
        .hasMessageEndingWith("a Location that leads to the private address 10.0.0.1");
  }

  @ParameterizedTest
  @CsvSource({
    "STORAGE_PLAIN, it answers with a redirect that leaves TLS",
    "BLOB_REDIRECT_PRIVATE, it answers with a redirect that leads to the private address 169.254.169.254",
    "BLOB_REDIRECT_LOOP, it redirects more than 10 times"
  })
  void aRedirectThatIsNotSafeIsNotFollowedAndNotRepeated(Quirk quirk, String end)
      throws IOException {
    var registry = tlsRegistry(Quirk.BASIC, Quirk.BLOB_REDIRECT, quirk);
    registry.addBlob(CONTENT);

    assertThatThrownBy(() -> client(registry).blob(BLOB))
        .isInstanceOfSatisfying(
            RegistryException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.PROTOCOL);
              assertThat(e.retryable()).isFalse();
            })
        .hasMessageEndingWith(end);
    assertThat(registry.requests(Step.STORAGE)).isEmpty();
    assertThat(registry.count(Step.BLOB_GET))
        .isLessThanOrEqualTo(quirk == Quirk.BLOB_REDIRECT_LOOP ? 12 : 2);
  }

  @ParameterizedTest
  @EnumSource(names = {"BASIC", "BEARER"})
  void storageThatAsksForThePasswordDoesNotGetIt(Quirk scheme) throws IOException {
    var registry = registry(scheme, Quirk.BLOB_REDIRECT, Quirk.STORAGE_ASKS_FOR_CREDENTIALS);
    registry.addBlob(CONTENT);
    registry.add(Quirk.UPLOADS_ELSEWHERE);

    assertThatThrownBy(() -> client(registry).blob(BLOB).readAllBytes())
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAUTHORIZED));
    assertThatThrownBy(() -> client(registry).pushBlob(BLOB.digest(), Content.of(CONTENT)))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAUTHORIZED));

    assertThat(registry.authorizations(registry.storageHost())).isEmpty();
    assertThat(registry.requests(Step.TOKEN))
        .allSatisfy(token -> assertThat(token.host()).isEqualTo(registry.host()));
  }

  @Test
  void aManifestBehindARedirectIsReadWithoutCredentials() throws IOException {
    var registry = registry(Quirk.BASIC);
    var manifest = Operation.image(registry, "x");
    var elsewhere = registry();
    elsewhere.addManifest("1", manifest.mediaType(), manifest.bytes());
    registry.add(
        Rule.always(Step.MANIFEST_GET)
            .answers(Answer.of(307, "Location: " + elsewhere.url() + "/v2/os/debian/manifests/1")));

    assertThat(client(registry).manifest("1")).contains(manifest);
    assertThat(elsewhere.authorizations(elsewhere.host())).isEmpty();
  }

  @Test
  void aRedirectWithoutLocationIsAnError() throws IOException {
    var registry = registry(Rule.always(Step.BLOB_GET).answers(Answer.of(307)));

    assertThatThrownBy(() -> client(registry).blob(BLOB))
        .hasMessageEndingWith("it redirects without saying where to");
  }

  @Test
  void theNextPageOfAListOnAnotherServerIsNotFetched() throws IOException {
    var registry = registry(Quirk.BASIC, Quirk.PAGES, Quirk.LINK_ELSEWHERE);
    var subject = Operation.image(registry, "subject");
    for (var kind : List.of("a", "b")) {
      var referrer = Operation.referrer(registry, subject, kind);
      registry.addManifest(referrer.digest().toString(), referrer.mediaType(), referrer.bytes());
    }

    assertThatThrownBy(() -> client(registry).referrers(subject.digest()))
        .hasMessageEndingWith("it answered with a next page on another server");
    assertThat(registry.requests(Step.REFERRERS))
        .allSatisfy(request -> assertThat(request.host()).isEqualTo(registry.host()));
  }
}
