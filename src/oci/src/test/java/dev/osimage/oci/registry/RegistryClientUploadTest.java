package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Digest;
import dev.osimage.oci.DigestMismatchException;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import mockwebserver3.SocketEffect;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RegistryClientUploadTest {

  private static final String UPLOADS = "/v2/os/debian/blobs/uploads/";
  private static final byte[] KERNEL = "KERNEL\n".getBytes(StandardCharsets.US_ASCII);
  private static final Digest DIGEST = Digest.of(KERNEL);
  private static final OptionalLong LENGTH = OptionalLong.of(KERNEL.length);

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
  void aBlobIsPushedByAnEmptyPostOneStreamingPatchAndAnEmptyPut() throws Exception {
    registry
        .answer(202, "Location", "http://" + registry.host() + UPLOADS + "s1?_state=one%3D")
        .answer(202, "Location", "http://" + registry.host() + UPLOADS + "s1?_state=two%3D&x")
        .answer(201, "Docker-Content-Digest", DIGEST.toString());

    long size = registry.client().pushBlob(DIGEST, kernel(), LENGTH);

    assertThat(size).isEqualTo(7);
    var post = registry.request();
    assertThat(post.getRequestLine()).isEqualTo("POST " + UPLOADS + " HTTP/1.1");
    assertThat(post.getHeaders().get("Content-Length")).isEqualTo("0");
    assertThat(post.getBodySize()).isZero();
    var patch = registry.request();
    assertThat(patch.getRequestLine()).isEqualTo("PATCH " + UPLOADS + "s1?_state=one%3D HTTP/1.1");
    assertThat(MockRegistry.body(patch)).isEqualTo("KERNEL\n");
    assertThat(patch.getHeaders().get("Content-Type")).isEqualTo("application/octet-stream");
    assertThat(patch.getHeaders().get("Content-Length")).isEqualTo("7");
    assertThat(patch.getHeaders().get("Transfer-Encoding")).isNull();
    assertThat(patch.getHeaders().get("Content-Range")).as("some registries cap it").isNull();
    var put = registry.request();
    assertThat(put.getRequestLine())
        .isEqualTo(
            "PUT %ss1?_state=two%%3D&x&digest=sha256%%3A%s HTTP/1.1"
                .formatted(UPLOADS, DIGEST.hex()));
    assertThat(put.getHeaders().get("Content-Length")).isEqualTo("0");
    assertThat(put.getHeaders().get("Content-Type")).isEqualTo("application/octet-stream");
    assertThat(List.of(post, patch, put))
        .allSatisfy(
            r -> assertThat(r.getHeaders().get("Authorization")).isEqualTo(MockRegistry.BASIC));
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void withoutCredentialsNoneAreSent() throws Exception {
    registry.answer(202, "Location", "s").answer(202, "Location", "s").answer(201);

    registry.client(null).pushBlob(DIGEST, kernel(), LENGTH);

    for (int i = 0; i < 3; i++) {
      assertThat(registry.request().getHeaders().get("Authorization")).isNull();
    }
  }

  @Test
  void aLengthThatIsNotKnownIsSentInChunks() throws Exception {
    registry.answer(202, "Location", "s").answer(202, "Location", "s").answer(201);

    assertThat(registry.client().pushBlob(DIGEST, kernel(), OptionalLong.empty())).isEqualTo(7);

    registry.request();
    var patch = registry.request();
    assertThat(patch.getHeaders().get("Transfer-Encoding")).isEqualTo("chunked");
    assertThat(patch.getHeaders().get("Content-Length")).isNull();
    assertThat(MockRegistry.body(patch)).isEqualTo("KERNEL\n");
  }

  @Test
  void anEmptyBlobIsPushedLikeAnyOther() throws Exception {
    var empty = Digest.of(new byte[0]);
    registry.answer(202, "Location", "s").answer(202, "Location", "s").answer(201);

    assertThat(registry.client().pushBlob(empty, InputStream.nullInputStream(), OptionalLong.of(0)))
        .isZero();

    assertThat(registry.requests()).hasSize(3).last().asString().contains(empty.hex());
  }

  @Test
  void aBlobLargerThanAnyBufferArrivesWhole() throws Exception {
    var content = "0123456789abcdef".repeat(40_000).getBytes(StandardCharsets.US_ASCII);
    registry.answer(202, "Location", "s").answer(202, "Location", "s").answer(201);

    registry
        .client()
        .pushBlob(
            Digest.of(content), new ByteArrayInputStream(content), OptionalLong.of(content.length));

    registry.request();
    assertThat(MockRegistry.body(registry.request()))
        .isEqualTo(new String(content, StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @CsvSource({
    "/v2/os/debian/blobs/uploads/s?_state=a, /v2/os/debian/blobs/uploads/s?_state=a",
    "s?_state=a, /v2/os/debian/blobs/uploads/s?_state=a",
    "/elsewhere/s, /elsewhere/s",
    "../../s, /v2/os/debian/s",
    "?session=1, /v2/os/debian/blobs/uploads/?session=1"
  })
  void aRelativeLocationIsRelativeToTheRequest(String location, String target) throws Exception {
    registry.answer(202, "Location", location).answer(202, "Location", "/done").answer(201);

    registry.client().pushBlob(DIGEST, kernel(), LENGTH);

    assertThat(registry.requests())
        .containsExactly(
            "POST " + UPLOADS, "PATCH " + target, "PUT /done?digest=sha256%3A" + DIGEST.hex());
  }

  @ParameterizedTest
  @ValueSource(ints = {201, 202, 204})
  void everyStatusThatRegistriesAnswerThePatchWithIsGood(int status) throws Exception {
    registry.answer(202, "Location", "s").answer(status, "Location", "s").answer(201);

    assertThat(registry.client().pushBlob(DIGEST, kernel(), LENGTH)).isEqualTo(7);
  }

  @Test
  void contentOfAnotherDigestIsNotCommittedAndTheUploadIsDropped() throws Exception {
    registry.answer(202, "Location", "s1").answer(202, "Location", "s2").answer(204);
    var promised = Digest.of(new byte[0]);

    assertThatThrownBy(() -> registry.client().pushBlob(promised, kernel(), LENGTH))
        .isInstanceOfSatisfying(
            DigestMismatchException.class,
            e -> {
              assertThat(e.expected()).isEqualTo(promised);
              assertThat(e.actual()).isEqualTo(DIGEST);
              assertThat(e.size()).isEqualTo(7);
            })
        .hasMessage("expected %s, found %s in 7 bytes", promised, DIGEST);

    assertThat(registry.requests())
        .containsExactly("POST " + UPLOADS, "PATCH " + UPLOADS + "s1", "DELETE " + UPLOADS + "s2");
  }

  @Test
  void aWrongDigestIsTheErrorEvenWhenTheRegistryCantDropTheUpload() {
    registry.answer(202, "Location", "s").answer(202, "Location", "s").answer(500);

    assertThatThrownBy(() -> registry.client().pushBlob(Digest.of(new byte[0]), kernel(), LENGTH))
        .isInstanceOf(DigestMismatchException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1_000_000})
  void aSourceThatFailsIsNotBlamedOnTheRegistry(long length) {
    var requests = new ConcurrentLinkedQueue<String>();
    registry.answerBy(request -> {
      requests.add(request.getMethod() + " " + request.getTarget());
      return MockRegistry.response(202, "Location", UPLOADS + "s1").build();
    });
    // A time-out in the source must not be taken for one of the upload, nor be tried again.
    var failure = new SocketTimeoutException("the web server is gone");
    var source =
        new SequenceInputStream(new ByteArrayInputStream(new byte[300_000]), new Broken(failure));

    assertThatThrownBy(() ->
            registry
                .client()
                .pushBlob(
                    DIGEST, source, length < 0 ? OptionalLong.empty() : OptionalLong.of(length)))
        .isSameAs(failure);

    assertThat(requests).contains("DELETE " + UPLOADS + "s1").noneMatch(r -> r.startsWith("PUT"));
  }

  @Test
  void aSourceThatEndsEarlyIsNotCommitted() throws Exception {
    registry.answerBy(request -> MockRegistry.response(202, "Location", UPLOADS + "s1").build());

    assertThatThrownBy(
            () -> registry.client().pushBlob(DIGEST, kernel(), OptionalLong.of(1_000_000)))
        .isInstanceOf(RegistryException.class);

    assertThat(registry.requests()).noneMatch(r -> r.startsWith("PUT"));
  }

  @Test
  void aConnectionThatBreaksInThePatchIsTheRegistrysFailureAndMayPass() {
    registry
        .answer(202, "Location", "s")
        .server
        .enqueue(MockRegistry.response(202).onRequestBody(new SocketEffect.CloseSocket()).build());

    assertThatThrownBy(() ->
            registry
                .client()
                .pushBlob(
                    DIGEST,
                    new ByteArrayInputStream(new byte[5_000_000]),
                    OptionalLong.of(5_000_000)))
        .isInstanceOfSatisfying(
            RegistryException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE);
              assertThat(e.retryable()).isTrue();
            })
        .hasMessageStartingWith("registry " + registry.host() + " failed to upload a blob: ");
  }

  @Test
  void aBodyThatAProxyFindsTooLargeIsRefusedForGood() {
    registry
        .answer(202, "Location", "s")
        .server
        .enqueue(
            MockRegistry.response(413).body("<html>413 Request Entity Too Large</html>").build());
    registry.answer(204);

    assertThatThrownBy(() -> registry.client().pushBlob(DIGEST, kernel(), LENGTH))
        .isInstanceOfSatisfying(
            RegistryException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.REFUSED);
              assertThat(e.status()).isEqualTo(413);
            })
        .hasMessage("registry %s failed to upload a blob: HTTP 413", registry.host());
  }

  /** The source is read once: a second PATCH would send nothing, under the digest of the first. */
  @ParameterizedTest
  @ValueSource(ints = {408, 503})
  void aPatchIsNeverRepeatedBehindTheCallersBack(int status) throws Exception {
    registry.answerBy(request ->
        request.getMethod().equals("PATCH")
            ? MockRegistry.response(status, "Retry-After", "0").build()
            : MockRegistry.response(202, "Location", "/s").build());

    assertThatThrownBy(() -> registry.client().pushBlob(DIGEST, kernel(), OptionalLong.empty()))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
    assertThat(registry.requests())
        .containsOnlyOnce("PATCH /s")
        .noneMatch(r -> r.startsWith("PUT"));
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 500})
  void aFailedCommitIsAnError(int status) throws Exception {
    registry.answer(202, "Location", "s").answer(202, "Location", "s").answer(status).answer(204);

    assertThatThrownBy(() -> registry.client().pushBlob(DIGEST, kernel(), LENGTH))
        .isInstanceOf(RegistryException.class)
        .hasMessage(
            "registry %s failed to commit blob %s: HTTP %d", registry.host(), DIGEST, status);
    assertThat(registry.requests().getLast()).as("the session is given up").startsWith("DELETE ");
  }

  @Test
  void aRegistryThatStoredOtherBytesIsFoundOut() {
    var other = Digest.of(new byte[0]);
    registry
        .answer(202, "Location", "s")
        .answer(202, "Location", "s")
        .answer(201, "Docker-Content-Digest", other.toString())
        .answer(204);

    assertThatThrownBy(() -> registry.client().pushBlob(DIGEST, kernel(), LENGTH))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageEndingWith("it answered with digest %s instead of %s", other, DIGEST);
  }

  @Test
  void anUploadWithoutLocationIsNotGuessed() throws Exception {
    registry.answer(202);

    assertThatThrownBy(() -> registry.client().pushBlob(DIGEST, kernel(), LENGTH))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageEndingWith("it answered with an answer without a usable Location");
    assertThat(registry.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ftp://h.example/s", "http://", "http://[bad/s", "https://h.example:99999/"})
  void aLocationThatIsNoHttpUrlIsRefused(String location) throws Exception {
    registry.answer(202, "Location", location);

    assertThatThrownBy(() -> registry.client().pushBlob(DIGEST, kernel(), LENGTH))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL));
    assertThat(registry.requests()).hasSize(1);
  }

  @Test
  void aLocationOnAnotherHostGetsTheBytesButNoCredentials() throws Exception {
    try (var storage = new MockRegistry()) {
      registry.answer(202, "Location", "http://" + storage.host() + "/store?sig=x");
      storage.answer(202, "Location", "/store?sig=y").answer(201);

      registry.client().pushBlob(DIGEST, kernel(), LENGTH);

      assertThat(registry.request().getHeaders().get("Authorization"))
          .isEqualTo(MockRegistry.BASIC);
      for (var method : List.of("PATCH", "PUT")) {
        var request = storage.request();
        assertThat(request.getMethod()).isEqualTo(method);
        assertThat(request.getHeaders().get("Authorization")).isNull();
      }
    }
  }

  @Test
  void aRedirectOfAnUploadIsNotFollowedAsAGet() throws Exception {
    registry.answer(301, "Location", "/elsewhere");

    assertThatThrownBy(() -> registry.client().pushBlob(DIGEST, kernel(), LENGTH))
        .isInstanceOf(RegistryException.class)
        .hasMessageEndingWith("failed to start an upload: HTTP 301");
    assertThat(registry.requests()).containsExactly("POST " + UPLOADS);
  }

  private static InputStream kernel() {
    return new ByteArrayInputStream(KERNEL);
  }

  /** Fails when it is read. */
  private static final class Broken extends InputStream {

    private final IOException failure;

    Broken(IOException failure) {
      this.failure = failure;
    }

    @Override
    public int read() throws IOException {
      throw failure;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      throw failure;
    }
  }
}
