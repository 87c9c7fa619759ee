package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Received;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest extends AgainstFaults {

  private static final byte[] BYTES = "{\"schemaVersion\":2}".getBytes(StandardCharsets.UTF_8);
  private static final Manifest MANIFEST = new Manifest(MediaTypes.IMAGE_MANIFEST, BYTES);

  @Test
  void aManifestIsStoredVerbatimUnderItsDigestAndThenItsTag() throws IOException {
    var registry = registry();

    client(registry).tag(MANIFEST, MANIFEST.digest().toString());
    client(registry).tag(MANIFEST, "1.0-amd64");

    assertThat(registry.requests())
        .extracting(Received::toString)
        .containsExactly(
            "PUT /v2/os/debian/manifests/" + MANIFEST.digest(),
            "PUT /v2/os/debian/manifests/1.0-amd64");
    assertThat(registry.requests())
        .as("manifests have no mediaType field: readers learn the type from here")
        .extracting(put -> header(put, "Content-Type"))
        .containsOnly("application/vnd.oci.image.manifest.v1+json");
    assertThat(registry.manifest("1.0-amd64")).hasValue(BYTES);
  }

  @Test
  void everyKnownTypeIsAsked() throws IOException {
    var registry = registry();
    registry.addManifest("1", MediaTypes.DOCKER_MANIFEST_LIST, BYTES);

    assertThat(client(registry).manifest("1"))
        .hasValueSatisfying(manifest ->
            assertThat(manifest.mediaType()).isEqualTo(MediaTypes.DOCKER_MANIFEST_LIST));
    assertThat(registry.requests().getFirst().headers().allValues("Accept"))
        .containsExactlyElementsOf(MediaTypes.MANIFESTS);
  }

  @ParameterizedTest
  @CsvSource({
    "application/json, '{\"mediaType\":\"application/vnd.oci.image.index.v1+json\"}', index",
    "text/plain; charset=utf-8, '{\"manifests\":[]}', index",
    "application/octet-stream, '{}', manifest",
    "application/octet-stream, 'not JSON', manifest",
    "'application/vnd.oci.image.index.v1+json; charset=utf-8', '{}', index"
  })
  void aServerThatDoesNotKnowWhatItServesIsHelped(String header, String json, String type)
      throws IOException {
    var registry = registry(Rule.always(Step.MANIFEST_GET).answers(Answer.text(200, header, json)));

    assertThat(client(registry).manifest("1"))
        .hasValueSatisfying(manifest ->
            assertThat(manifest.mediaType())
                .isEqualTo("application/vnd.oci.image." + type + ".v1+json"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sha256:00", "sha512:abc", ""})
  void aManifestThatTheRegistryChangedIsAnError(String stored) throws IOException {
    var registry =
        registry(
            Rule.always(Step.MANIFEST_PUT, Step.MANIFEST_GET)
                .header("Docker-Content-Digest", stored));
    registry.addManifest("2", MANIFEST.mediaType(), BYTES);

    assertThatThrownBy(() -> client(registry).tag(MANIFEST, "1"))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageContaining("pushing manifest 1 at ")
        .hasMessageContaining("it answered with digest " + stored);
    assertThatThrownBy(() -> client(registry).manifest("2"))
        .hasMessageContaining("reading manifest 2 at ")
        .hasMessageContaining("it answered with digest " + stored);
  }

  @Test
  void otherBytesThanTheDigestAskedForAreRefused() throws IOException {
    var registry = registry(Rule.always(Step.MANIFEST_GET).flipsByte(2));
    registry.addManifest("1", MANIFEST.mediaType(), BYTES);

    assertThatThrownBy(() -> client(registry).manifest(MANIFEST.digest().toString()))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("it answered with other bytes, of digest sha256:");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aManifestWithoutEndIsNotReadToIt(boolean endless) throws IOException {
    var answer = endless ? Answer.endless(200) : Answer.of(200, new byte[(8 << 20) + 1]);
    var registry = registry(Rule.always(Step.MANIFEST_GET).answers(answer));

    assertThatThrownBy(() -> client(registry).manifest("1"))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageEndingWith("it answered with a manifest of more than 8 MiB");
  }

  @Test
  void aManifestThatIsCutIsReadAgain() throws IOException {
    var registry =
        registry(Rule.once(Step.MANIFEST_GET).cutsAnswer(5), Rule.once(Step.MANIFEST_GET).resets());
    registry.addManifest("1", MANIFEST.mediaType(), BYTES);

    assertThat(client(registry).manifest("1")).contains(MANIFEST);
  }

  @Test
  void aManifestOfWhichABlobIsMissingIsRefusedWithTheRegistrysWords() throws IOException {
    var registry = registry();
    var other = registry();
    var manifest = Operation.image(other, "x");

    assertThatThrownBy(() -> client(registry).writeManifest(manifest))
        .isInstanceOfSatisfying(
            RegistryException.class,
            e -> {
              assertThat(e.code()).isEqualTo("MANIFEST_BLOB_UNKNOWN");
              assertThat(e.retryable()).isFalse();
            })
        .hasMessageContaining("HTTP 400 (MANIFEST_BLOB_UNKNOWN sha256:");
  }

  @Test
  void aTagCantLeaveTheRepository() throws IOException {
    var registry = registry(Rule.always(Step.OTHER, Step.MANIFEST_PUT).answers(Answer.of(201)));

    client(registry).tag(MANIFEST, "a/../../x?y#z");

    assertThat(registry.requests())
        .singleElement()
        .asString()
        .startsWith("PUT /v2/os/debian/manifests/")
        .doesNotContain("/../", "?", "#");
  }

  @Test
  void aRegistryWhoseProxyIsNarrowIsReadAllTheSame() throws IOException {
    var registry = registry(Quirk.NARROW_ACCEPT_406, Quirk.HTML_ERRORS);
    registry.addManifest("1", MANIFEST.mediaType(), BYTES);

    assertThat(client(registry).manifest("1")).contains(MANIFEST);
    assertThat(client(registry).manifest("2")).isEmpty();
  }

  @Test
  void theTextFormForLogsNamesTheRepositoryAndNoCredentials() throws IOException {
    var registry = registry();

    assertThat(client(registry).toString())
        .contains(registry.host(), "os/debian")
        .doesNotContain("robot", "hunter2");
  }
}
