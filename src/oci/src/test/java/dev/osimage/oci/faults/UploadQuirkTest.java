package dev.osimage.oci.faults;

import static dev.osimage.oci.faults.Probe.NAME;
import static dev.osimage.oci.faults.Probe.bytes;
import static dev.osimage.oci.faults.Probe.closing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Digest;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What registries and proxies do to pushes. */
@Timeout(60)
class UploadQuirkTest {

  private static final String UPLOADS = NAME + "/blobs/uploads/";

  private FaultRegistry registry;
  private Probe probe;

  @BeforeEach
  void start() throws IOException {
    registry = FaultRegistry.start();
    probe = new Probe(registry);
  }

  @AfterEach
  void stop() throws IOException {
    probe.close();
    registry.close();
  }

  @ParameterizedTest
  @EnumSource(
      names = {"DISTRIBUTION_2", "DISTRIBUTION_3", "ARTIFACTORY", "ZOT", "CLOUDFLARE", "ECR"})
  void aSmallPushWorksWithEveryRegistryThatAsksForNothing(Profile profile) throws IOException {
    registry.add(profile);
    var authorization = "Authorization: " + Gate.BASIC;

    var opened = probe.post(UPLOADS, "", authorization);
    var patched = probe.patch(opened.location(), "KERNEL", authorization);
    var closed = probe.put(closing(patched.location(), "KERNEL"), "", authorization);

    assertThat(closed.status()).isEqualTo(201);
  }

  @Test
  void patchAnswersAsEcrAndOthersDo() throws IOException {
    registry.add(Quirk.PATCH_STATUS);
    assertThat(probe.patch(probe.open(), "x").status()).isEqualTo(201);
    registry.add(Quirk.PATCH_STATUS.of(204));
    assertThat(probe.push("KERNEL")).isEqualTo(201);
    assertThat(probe.patch(probe.open(), "x").status()).isEqualTo(204);
  }

  @Test
  void aLocationIsAPathOrMissing() throws IOException {
    registry.add(Quirk.RELATIVE_LOCATION);
    assertThat(probe.post(UPLOADS, "").header("Location")).startsWith(UPLOADS);
    assertThat(probe.push("KERNEL")).isEqualTo(201);
    registry.add(Quirk.NO_LOCATION);
    assertThat(probe.post(UPLOADS, "").header("Location")).isEmpty();
  }

  @Test
  void aLocationLiesOnAnotherHostThatWantsNoCredentials() throws IOException {
    registry.add(Quirk.UPLOADS_ELSEWHERE);
    assertThat(probe.open()).startsWith("http://" + registry.storageHost());
    assertThat(probe.push("KERNEL")).isEqualTo(201);

    var refused = probe.patch(probe.open(), "x", "Authorization: Basic eDp5");
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.text()).contains("Only one auth mechanism allowed");
    assertThat(registry.authorizations(registry.storageHost())).containsExactly("Basic eDp5");
    assertThat(registry.authorizations(registry.host())).isEmpty();
  }

  @Test
  void aLocationIsUnsafe() throws IOException {
    registry.add(Quirk.UPLOADS_PLAIN);
    assertThat(probe.open()).startsWith("http://" + registry.plainHost());
    registry.add(Quirk.UPLOADS_PRIVATE);
    assertThat(probe.open()).startsWith("http://169.254.169.254/");
  }

  @Test
  void aStaleStateEndsTheUpload() throws IOException {
    registry.add(Quirk.STATE_IN_LOCATION);
    var location = probe.open();
    var patched = probe.patch(location, "KERNEL");
    assertThat(location).endsWith("?_state=0");
    assertThat(patched.location()).endsWith("?_state=1");

    assertThat(probe.put(closing(location, "KERNEL"), "").status()).isEqualTo(404);
    assertThat(probe.put(closing(patched.location(), "KERNEL"), "").status()).isEqualTo(404);
    assertThat(probe.push("KERNEL")).isEqualTo(201);
  }

  @Test
  void aLargeChunkIsRefusedButNotALargePatch() throws IOException {
    registry.add(Quirk.CONTENT_RANGE_CAP.of(5));
    var location = probe.open();

    assertThat(probe.patch(location, "KERNEL", "Content-Range: 0-5").status()).isEqualTo(416);
    assertThat(probe.patch(location, "KERNE", "Content-Range: 0-4").status()).isEqualTo(202);
    assertThat(probe.push("KERNEL")).isEqualTo(201);
  }

  @Test
  void aMisplacedChunkIsAppended() throws IOException {
    registry.add(Quirk.CONTENT_RANGE_IGNORED);

    var patched = probe.patch(probe.open(), "KERNEL", "Content-Range: 9-14");
    assertThat(patched.header("Range")).isEqualTo("0-5");
  }

  @Test
  void thereIsNoPatch() throws IOException {
    registry.add(Quirk.NO_PATCH.of(405));
    var location = probe.open();

    assertThat(probe.patch(location, "KERNEL").status()).isEqualTo(405);
    assertThat(probe.put(closing(location, "KERNEL"), "KERNEL").status()).isEqualTo(201);
  }

  @Test
  void thereIsOnePatch() throws IOException {
    registry.add(Quirk.ONE_PATCH_ONLY);
    var first = probe.patch(probe.open(), "KER");

    assertThat(probe.patch(first.location(), "NEL").status()).isEqualTo(400);
    assertThat(probe.push("KERNEL")).isEqualTo(201);
  }

  @Test
  void theRangeIsStale() throws IOException {
    registry.add(Quirk.STALE_RANGE);
    var first = probe.patch(probe.open(), "KER", "Content-Range: 0-2");
    var second = probe.patch(first.location(), "NEL", "Content-Range: 3-5");

    assertThat(second.header("Range")).isEqualTo("0-2");
    assertThat(probe.put(closing(second.location(), "KERNEL"), "").status()).isEqualTo(201);
  }

  @Test
  void theRangeIsALie() throws IOException {
    registry.add(Quirk.LYING_RANGE.of(2));
    assertThat(probe.patch(probe.open(), "KERNEL").header("Range")).isEqualTo("0-7");
    registry.add(Quirk.LYING_RANGE);
    assertThat(probe.patch(probe.open(), "KERNEL").header("Range")).isEqualTo("0-4");
  }

  @Test
  void aChunkThatIsTooShortMustBeTheLast() throws IOException {
    registry.add(Quirk.CHUNK_MINIMUM.of(4));
    var opened = probe.post(UPLOADS, "");
    assertThat(opened.header("OCI-Chunk-Min-Length")).isEqualTo("4");

    var first = probe.patch(opened.location(), "KER", "Content-Range: 0-2");
    assertThat(probe.patch(first.location(), "NEL", "Content-Range: 3-5").status()).isEqualTo(416);
    var good = probe.patch(probe.open(), "KERN", "Content-Range: 0-3");
    var last = probe.patch(good.location(), "EL", "Content-Range: 4-5");
    assertThat(probe.put(closing(last.location(), "KERNEL"), "").status()).isEqualTo(201);
  }

  @Test
  void theClosingPutFails() throws IOException {
    registry.add(Quirk.EMPTY_PUT_500);
    var second = probe.patch(probe.patch(probe.open(), "KER").location(), "NEL");
    assertThat(probe.put(closing(second.location(), "KERNEL"), "").status()).isEqualTo(500);
    assertThat(probe.push("KERNEL")).isEqualTo(201);

    registry.add(Quirk.PUT_BODY_404);
    var monolithic = probe.put(closing(probe.open(), "KERNEL"), "KERNEL");
    assertThat(monolithic.status()).isEqualTo(404);
    assertThat(monolithic.text()).contains("BLOB_UNKNOWN");
  }

  @Test
  void aPatchThatBreaksOffEndsTheUpload() throws IOException {
    registry.add(Quirk.BROKEN_PATCH_KILLS_SESSION, Rule.once(Step.UPLOAD_PATCH).cutsRequest(3));
    var location = probe.open();

    assertThatThrownBy(() -> probe.patch(location, "KERNEL")).isInstanceOf(IOException.class);
    assertThat(probe.get(location).status()).isEqualTo(404);
    assertThat(probe.push("KERNEL")).isEqualTo(201);
  }

  @Test
  void theBodyOfThePostIsIgnored() throws IOException {
    registry.add(Quirk.POST_DIGEST_IGNORED);

    assertThat(probe.post(closing(UPLOADS, "KERNEL"), "KERNEL").status()).isEqualTo(202);
    assertThat(registry.blob(Digest.of(bytes("KERNEL")))).isEmpty();
  }

  @Test
  void aMountBecomesAnUploadOrFails() throws IOException {
    var mount = UPLOADS + "?from=o&mount=" + registry.addBlob("o", bytes("KERNEL"));
    registry.add(Quirk.MOUNT_202);
    assertThat(probe.post(mount, "").status()).isEqualTo(202);
    registry.add(Quirk.MOUNT_STATUS.of(500));
    assertThat(probe.post(mount, "").status()).isEqualTo(500);
    assertThat(probe.post(UPLOADS, "").status()).isEqualTo(202);
  }

  @Test
  void aLargeBodyIsRefusedBeforeItIsRead() throws IOException {
    registry.add(Quirk.BODY_LIMIT.of(5));
    var path = probe.open().substring(registry.url().length());

    try (var socket = probe.connect()) {
      var head = "PATCH " + path + " HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n";
      socket.getOutputStream().write(bytes(head));
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 413 ").contains("<html>");
      // The other side still listens, and does not reset.
      socket.getOutputStream().write(new byte[100_000]);
    }
    assertThat(probe.patchChunked(probe.open(), "KERNEL").status()).isEqualTo(413);
    assertThat(probe.push("KERNE")).isEqualTo(201);
  }

  @Test
  void aLargeBodyIsRefusedAndTheConnectionReset() throws IOException {
    registry.add(Quirk.BODY_LIMIT_RESET.of(5));
    var path = probe.open().substring(registry.url().length());

    try (var socket = probe.connect()) {
      var head = "PATCH " + path + " HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n";
      socket.getOutputStream().write(bytes(head));
      assertThatThrownBy(
              () -> {
                while (socket.getInputStream().read() >= 0) {
                  // Until the reset, which may also swallow the answer.
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("reset");
    }
  }

  @Test
  void aLargeBodyIsCut() throws IOException {
    registry.add(Quirk.BODY_CUT.of(5));
    var location = probe.open();

    assertThatThrownBy(() -> probe.patch(location, "KERNEL")).isInstanceOf(IOException.class);
    assertThat(probe.get(location).header("Range")).isEqualTo("0-4");
    assertThat(probe.push("KERNE")).isEqualTo(201);
  }

  @Test
  void aBodyWithoutALengthIsRefused() throws IOException {
    registry.add(Quirk.NO_CHUNKED_TRANSFER);
    assertThat(probe.patchChunked(probe.open(), "KERNEL").status()).isEqualTo(411);
    registry.add(Quirk.NO_CHUNKED_TRANSFER.of(400));
    assertThat(probe.patchChunked(probe.open(), "KERNEL").text())
        .contains("CONTENT_LENGTH_INVALID");
    assertThat(probe.push("KERNEL")).isEqualTo(201);
  }

  @Test
  void aRefusalDoesNotWaitForTheBody() throws IOException {
    registry.add(Quirk.EAGER_REFUSAL, Quirk.BASIC);
    assertThat(statusBeforeTheBody()).isEqualTo("HTTP/1.1 401");
    registry.add(Quirk.EAGER_REFUSAL_RESET);
    // The reset may overtake the answer.
    assertThat(statusBeforeTheBody()).isIn("HTTP/1.1 401", "");
  }

  private String statusBeforeTheBody() throws IOException {
    try (var socket = probe.connect()) {
      var head = "PATCH " + UPLOADS + "1 HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n";
      socket.getOutputStream().write(bytes(head));
      return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    } catch (SocketException e) {
      return "";
    }
  }

  @Test
  void refusalsArePagesOfAProxy() throws IOException {
    registry.add(Quirk.HTML_ERRORS);

    var reply = probe.get(NAME + "/blobs/sha256:x");
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.text()).startsWith("<html>");
    assertThat(reply.header("Content-Type")).isEqualTo("text/html");
    assertThat(probe.push("KERNEL")).isEqualTo(201);
  }
}
