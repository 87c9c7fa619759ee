package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Digest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import okhttp3.Headers;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RegistryClientReadTest {

  private static final Digest DIGEST = Digest.of("x".getBytes(StandardCharsets.US_ASCII));
  private static final String BLOB = "/v2/os/debian/blobs/" + DIGEST;

  private MockRegistry registry;

  @BeforeEach
  void start() throws IOException {
    registry = new MockRegistry();
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  @Test
  void theSizeOfABlobComesFromItsHead() throws Exception {
    registry.server.enqueue(
        MockRegistry.response(200).headers(Headers.of("Content-Length", "231536600000")).build());

    assertThat(registry.client().blobSize(DIGEST)).hasValue(231_536_600_000L);

    var request = registry.request();
    assertThat(request.getMethod() + " " + request.getTarget()).isEqualTo("HEAD " + BLOB);
    assertThat(request.getHeaders().get("Authorization")).isEqualTo(MockRegistry.BASIC);
  }

  @Test
  void aBlobThatIsNotThereHasNoSize() {
    registry.answer(404);

    assertThat(registry.client().blobSize(DIGEST)).isEmpty();
  }

  @Test
  void theSizeOfABlobInObjectStorageIsFoundBehindTheRedirectWithoutCredentials() throws Exception {
    try (var storage = new MockRegistry()) {
      registry.answer(307, "Location", "http://" + storage.host() + "/bucket?sig=x");
      storage.server.enqueue(
          MockRegistry.response(200).headers(Headers.of("Content-Length", "7")).build());

      assertThat(registry.client().blobSize(DIGEST)).hasValue(7);

      var request = storage.request();
      assertThat(request.getMethod()).isEqualTo("HEAD");
      assertThat(request.getHeaders().get("Authorization")).isNull();
    }
  }

  @Test
  void aProxyThatCompressesDoesNotChangeTheSizeOfABlob() {
    registry.answerBy(request -> {
      var accepted = request.getHeaders().get("Accept-Encoding");
      var compressed = accepted != null && accepted.contains("gzip");
      return MockRegistry.response(200)
          .headers(
              compressed
                  ? Headers.of("Content-Length", "20", "Content-Encoding", "gzip")
                  : Headers.of("Content-Length", "1000"))
          .build();
    });

    assertThat(registry.client().blobSize(DIGEST)).hasValue(1000);
  }

  @Test
  void aBlobWithoutLengthIsNotGuessed() {
    registry.server.enqueue(
        MockRegistry.response(200)
            .clearHeaders()
            .addHeader("Transfer-Encoding", "chunked")
            .build());

    assertThatThrownBy(() -> registry.client().blobSize(DIGEST))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageEndingWith("it answered with a blob without Content-Length");
  }

  @Test
  void onlyTheStartOfABlobIsAskedFor() throws Exception {
    registry.server.enqueue(MockRegistry.response(206).body("MZ..").build());

    assertThat(registry.client().blobStart(DIGEST, 4)).asString().isEqualTo("MZ..");

    var request = registry.request();
    assertThat(request.getMethod() + " " + request.getTarget()).isEqualTo("GET " + BLOB);
    assertThat(request.getHeaders().get("Range")).isEqualTo("bytes=0-3");
  }

  @Test
  void aRegistryThatIgnoresRangesGivesTheSameStart() {
    registry.server.enqueue(
        MockRegistry.response(200)
            .body(new Buffer().writeUtf8("MZ..").write(new byte[3_000_000]))
            .build());

    assertThat(registry.client().blobStart(DIGEST, 4)).asString().isEqualTo("MZ..");
  }

  @Test
  void aBlobShorterThanTheStartIsReturnedWhole() {
    registry.server.enqueue(MockRegistry.response(206).body("MZ").build());

    assertThat(registry.client().blobStart(DIGEST, 4096)).asString().isEqualTo("MZ");
  }

  @Test
  void theStartOfABlobInObjectStorageIsReadWithoutCredentials() throws Exception {
    try (var storage = new MockRegistry()) {
      registry.answer(307, "Location", "http://" + storage.host() + "/bucket?sig=x");
      storage.server.enqueue(MockRegistry.response(206).body("MZ").build());

      assertThat(registry.client().blobStart(DIGEST, 2)).asString().isEqualTo("MZ");

      var request = storage.request();
      assertThat(request.getHeaders().get("Authorization")).isNull();
      assertThat(request.getHeaders().get("Range")).isEqualTo("bytes=0-1");
    }
  }

  @Test
  void aRedirectLoopEnds() {
    registry.answerBy(request -> MockRegistry.response(307, "Location", "/again").build());

    assertThatThrownBy(() -> registry.client().blobStart(DIGEST, 2))
        .isInstanceOf(RegistryException.class);
  }

  @Test
  void aManifestIsStoredVerbatimUnderItsDigestAndThenItsTag() throws Exception {
    var bytes = "{\"schemaVersion\":2}".getBytes(StandardCharsets.US_ASCII);
    var digest = Digest.of(bytes);
    registry
        .answer(201, "Docker-Content-Digest", digest.toString())
        .answer(201, "Docker-Content-Digest", digest.toString());

    assertThat(registry.client().pushManifest(bytes, MediaTypes.IMAGE_MANIFEST)).isEqualTo(digest);
    registry.client().tag(bytes, MediaTypes.IMAGE_MANIFEST, "1.0-amd64");

    for (var reference : new String[] {digest.toString(), "1.0-amd64"}) {
      var request = registry.request();
      assertThat(request.getMethod() + " " + request.getTarget())
          .isEqualTo("PUT /v2/os/debian/manifests/" + reference);
      assertThat(request.getHeaders().get("Content-Type"))
          .as("manifests have no mediaType field: readers learn the type from here")
          .isEqualTo("application/vnd.oci.image.manifest.v1+json");
      assertThat(request.getHeaders().get("Authorization")).isEqualTo(MockRegistry.BASIC);
      assertThat(MockRegistry.body(request)).isEqualTo("{\"schemaVersion\":2}");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sha256:00", "sha512:abc", ""})
  void aManifestThatTheRegistryChangedIsAnError(String stored) {
    registry.answer(201, "Docker-Content-Digest", stored);

    assertThatThrownBy(
            () -> registry.client().tag(new byte[] {'{', '}'}, MediaTypes.IMAGE_MANIFEST, "1"))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageContaining("failed to push manifest 1: it answered with digest " + stored);
  }

  @Test
  void aTagCantLeaveTheRepository() throws Exception {
    registry.answer(201);

    registry.client().tag(new byte[] {'{', '}'}, MediaTypes.IMAGE_MANIFEST, "a/../../x?y#z");

    assertThat(registry.requests())
        .singleElement()
        .asString()
        .startsWith("PUT /v2/os/debian/manifests/")
        .doesNotContain("/../", "?", "#");
  }

  @Test
  void theTextFormForLogsNamesTheRepositoryAndNoCredentials() {
    assertThat(registry.client().toString())
        .contains(registry.host(), "os/debian")
        .doesNotContain("robot", "hunter2");
  }
}
