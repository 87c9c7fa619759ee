package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.DigestMismatchException;
import dev.osimage.oci.Repository;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Received;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PushTest extends AgainstFaults {

  private static final String UPLOADS = "/v2/os/debian/blobs/uploads/";
  private static final byte[] KERNEL = "KERNEL\n".getBytes(StandardCharsets.UTF_8);
  private static final Digest DIGEST = Digest.of(KERNEL);

  @Test
  void aBlobIsPushedByAnEmptyPostOneStreamingPatchAndAnEmptyPut() throws IOException {
    var registry = registry(Quirk.STATE_IN_LOCATION);

    assertThat(client(registry).pushBlob(DIGEST, Content.of(KERNEL))).isEqualTo(7);

    assertThat(steps(registry))
        .containsExactly(Step.UPLOAD_POST, Step.UPLOAD_PATCH, Step.UPLOAD_PUT);
    var post = registry.requests().get(0);
    var patch = registry.requests().get(1);
    var put = registry.requests().get(2);
    assertThat(post).hasToString("POST " + UPLOADS);
    assertThat(header(post, "Content-Length")).isEqualTo("0");
    assertThat(patch.parameter("_state")).isEqualTo("0");
    assertThat(patch.bytes()).isEqualTo(7);
    assertThat(header(patch, "Content-Type")).isEqualTo("application/octet-stream");
    assertThat(header(patch, "Content-Length")).isEqualTo("7");
    assertThat(patch.header("Transfer-Encoding")).isNull();
    assertThat(patch.header("Content-Range")).as("some registries cap it").isNull();
    assertThat(put.target()).isEqualTo(patch.path() + "?_state=1&digest=sha256%3A" + DIGEST.hex());
    assertThat(header(put, "Content-Length")).isEqualTo("0");
    assertThat(header(put, "Content-Type")).isEqualTo("application/octet-stream");
    assertThat(registry.blob(DIGEST)).hasValue(KERNEL);
  }

  @Test
  void whereNobodyAsksForCredentialsNoneAreSent() throws IOException {
    var registry = registry();

    client(registry).pushBlob(DIGEST, Content.of(KERNEL));

    assertThat(registry.authorizations(registry.host())).isEmpty();
  }

  @Test
  void aLengthThatIsNotKnownIsSentInOnePatchAllTheSame() throws IOException {
    var registry = registry();

    assertThat(pushUnknown(client(registry), KERNEL)).isEqualTo(DIGEST);

    var patch = registry.requests(Step.UPLOAD_PATCH).getFirst();
    assertThat(header(patch, "Transfer-Encoding")).isEqualTo("chunked");
    assertThat(patch.header("Content-Length")).isNull();
    assertThat(registry.count(Step.UPLOAD_PATCH)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "true, NO_ISSUED_AT",
    "false, NO_ISSUED_AT",
    "true, NO_PATCH",
    "false, NO_PATCH",
    "false, NO_CHUNKED_TRANSFER"
  })
  void anEmptyBlobIsPushedLikeAnyOther(boolean known, Quirk quirk) throws IOException {
    var registry = registry(quirk);
    var empty = Digest.of(new byte[0]);

    if (known) {
      assertThat(client(registry).pushBlob(empty, Content.of(new byte[0]))).isZero();
    } else {
      assertThat(pushUnknown(client(registry), new byte[0])).isEqualTo(empty);
    }

    assertThat(registry.blob(empty)).hasValue(new byte[0]);
  }

  @ParameterizedTest
  @CsvSource({
    "/v2/os/debian/blobs/uploads/s?_state=a, /v2/os/debian/blobs/uploads/s?_state=a",
    "s?_state=a%3D, /v2/os/debian/blobs/uploads/s?_state=a%3D",
    "/elsewhere/s, /elsewhere/s",
    "../../s, /v2/os/debian/s",
    "?session=1, /v2/os/debian/blobs/uploads/?session=1"
  })
  void aRelativeLocationIsRelativeToTheRequest(String location, String target) throws IOException {
    var registry =
        registry(
            Rule.once(Step.UPLOAD_POST).header("Location", location),
            Rule.always(Step.UPLOAD_PATCH, Step.UPLOAD_PUT, Step.OTHER)
                .answers(Answer.of(201, "Location: /done")));

    client(registry).pushBlob(DIGEST, Content.of(KERNEL));

    assertThat(registry.requests())
        .extracting(Received::toString)
        .containsExactly(
            "POST " + UPLOADS, "PATCH " + target, "PUT /done?digest=sha256%3A" + DIGEST.hex());
  }

  @ParameterizedTest
  @ValueSource(ints = {201, 202, 204})
  void everyStatusThatRegistriesAnswerThePatchWithIsGood(int status) throws IOException {
    var registry = registry(Quirk.PATCH_STATUS.of(status));

    assertThat(client(registry).pushBlob(DIGEST, Content.of(KERNEL))).isEqualTo(7);
    assertThat(registry.count(Step.UPLOAD_PATCH)).isEqualTo(1);
  }

  @Test
  void aPatchWithoutLocationKeepsTheLastOne() throws IOException {
    var registry = registry(Rule.always(Step.UPLOAD_PATCH).edits(a -> a.header("Location", null)));

    assertThat(client(registry).pushBlob(DIGEST, Content.of(KERNEL))).isEqualTo(7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"NO_ISSUED_AT", "NO_PATCH"})
  void contentOfAnotherDigestIsNotCommittedAndTheUploadIsDropped(Quirk quirk) throws IOException {
    var registry = registry(quirk);
    var promised = Digest.of(new byte[] {1});

    assertThatThrownBy(() -> client(registry).pushBlob(promised, Content.of(KERNEL)))
        .isInstanceOfAny(DigestMismatchException.class, RegistryException.class)
        .hasMessageContaining(promised.toString());

    assertThat(registry.blob(promised)).isEmpty();
    assertThat(registry.blob(DIGEST)).isEmpty();
    assertThat(registry.openUploads()).isZero();
  }

  @Test
  void aDigestMismatchSaysWhatWasFound() throws IOException {
    var registry = registry(Rule.always(Step.UPLOAD_DELETE).answers(Answer.of(500)));
    var promised = Digest.of(new byte[0]);

    assertThatThrownBy(() -> client(registry).pushBlob(promised, Content.of(KERNEL)))
        .isInstanceOfSatisfying(
            DigestMismatchException.class,
            e -> {
              assertThat(e.expected()).isEqualTo(promised);
              assertThat(e.actual()).isEqualTo(DIGEST);
              assertThat(e.size()).isEqualTo(7);
            })
        .hasMessage("expected %s, found %s in 7 bytes", promised, DIGEST);
    assertThat(registry.count(Step.UPLOAD_PUT)).isZero();
  }

  @Test
  void aWrittenBlobOfAnotherSizeThanDescribedIsAnError() throws IOException {
    var registry = registry();

    assertThatThrownBy(
            () -> client(registry).writeBlob(new Descriptor("a/b", DIGEST, 8), Content.of(KERNEL)))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("7 bytes where 8 belong");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1_000_000})
  void aSourceThatFailsIsNotBlamedOnTheRegistry(long length) throws IOException {
    var registry = registry();
    // A time-out in the source must not be taken for one of the upload, nor be tried again.
    var failure = new SocketTimeoutException("the web server is gone");
    var source =
        new SequenceInputStream(new ByteArrayInputStream(new byte[300_000]), broken(failure));
    var size = length < 0 ? OptionalLong.empty() : OptionalLong.of(length);

    assertThatThrownBy(() -> client(registry).upload(source, size, null)).isSameAs(failure);

    assertThat(registry.count(Step.UPLOAD_DELETE)).isEqualTo(1);
    assertThat(registry.count(Step.UPLOAD_POST)).isEqualTo(1);
    assertThat(registry.count(Step.UPLOAD_PUT)).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSourceThatEndsEarlyIsNotCommitted(boolean chunks) throws IOException {
    var registry = registry(Quirk.BODY_LIMIT.of(chunks ? 500_000 : 50_000_000));
    var client = client(registry);
    client.pushBlob(Digest.of(bytes(600_000)), Content.of(bytes(600_000)));
    int commits = registry.count(Step.UPLOAD_PUT);

    assertThatThrownBy(() ->
            client.upload(new ByteArrayInputStream(KERNEL), OptionalLong.of(1_000_000), DIGEST))
        .isInstanceOf(IOException.class)
        .hasMessage("the content ended after 7 of 1000000 bytes");

    assertThat(registry.count(Step.UPLOAD_PUT)).isEqualTo(commits);
    assertThat(registry.blob(DIGEST)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSourceThatIsLongerThanSaidIsNeitherCutNorBlamedOnTheRegistry(boolean chunks)
      throws IOException {
    var registry = registry(Quirk.BODY_LIMIT.of(chunks ? 500_000 : 50_000_000));
    var client = client(registry);
    client.pushBlob(Digest.of(bytes(600_000)), Content.of(bytes(600_000)));
    int posts = registry.count(Step.UPLOAD_POST);

    assertThatThrownBy(
            () -> client.upload(new ByteArrayInputStream(KERNEL), OptionalLong.of(5), null))
        .isInstanceOf(IOException.class)
        .hasMessage("the content goes on after the 5 bytes said");

    assertThat(registry.count(Step.UPLOAD_POST)).as("not tried again").isEqualTo(posts + 1);
    assertThat(registry.openUploads()).isZero();
  }

  @Test
  void anInterruptedUploadIsCancelledAtTheRegistry() throws Exception {
    var registry = registry();
    var client = client(registry);
    var source =
        new FilterInputStream(new ByteArrayInputStream(bytes(10 << 20))) {
          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            if (in.available() < 5 << 20) {
              Thread.currentThread().interrupt();
            }
            return super.read(buffer, offset, length);
          }
        };
    var failed = new CompletableFuture<Boolean>();
    var thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                client.upload(source, OptionalLong.of(10 << 20), null);
                failed.complete(false);
              } catch (IOException | RuntimeException e) {
                failed.complete(Thread.currentThread().isInterrupted());
              }
            });
    thread.join();

    assertThat(failed).as("the interrupt is not swallowed").isCompletedWithValue(true);
    assertThat(registry.count(Step.UPLOAD_DELETE)).isEqualTo(1);
    assertThat(registry.count(Step.UPLOAD_POST)).isEqualTo(1);
  }

  @Test
  void aPendingBlobThatIsClosedIsCancelled() throws IOException {
    var registry = registry();

    try (var pending =
        client(registry).upload(new ByteArrayInputStream(KERNEL), OptionalLong.of(7), null)) {
      assertThat(pending.digest()).isEqualTo(DIGEST);
      assertThat(pending.size()).isEqualTo(7);
    }

    assertThat(registry.openUploads()).isZero();
    assertThat(registry.blob(DIGEST)).isEmpty();
  }

  @Test
  void aRegistryThatStoredOtherBytesIsFoundOut() throws IOException {
    var other = Digest.of(new byte[0]);
    var registry =
        registry(Rule.always(Step.UPLOAD_PUT).header("Docker-Content-Digest", other.toString()));

    assertThatThrownBy(() -> client(registry).pushBlob(DIGEST, Content.of(KERNEL)))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageEndingWith("it answered with digest %s instead of %s", other, DIGEST);
  }

  @Test
  void anUploadWithoutLocationIsNotGuessed() throws IOException {
    var registry = registry(Quirk.NO_LOCATION);

    assertThatThrownBy(() -> client(registry).pushBlob(DIGEST, Content.of(KERNEL)))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageEndingWith("it answered with an answer without a usable Location");
    assertThat(registry.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ftp://h.example/s", "http://", "http://[bad/s", "https://h.example:99999/"})
  void aLocationThatIsNoHttpUrlIsRefused(String location) throws IOException {
    var registry = registry(Rule.always(Step.UPLOAD_POST).header("Location", location));

    assertThatThrownBy(() -> client(registry).pushBlob(DIGEST, Content.of(KERNEL)))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL));
    assertThat(registry.requests()).hasSize(1);
  }

  @Test
  void aRedirectOfAnUploadIsNotFollowedAsAGet() throws IOException {
    var registry =
        registry(Rule.always(Step.UPLOAD_POST).answers(Answer.of(301, "Location: /elsewhere")));

    assertThatThrownBy(() -> client(registry).pushBlob(DIGEST, Content.of(KERNEL)))
        .isInstanceOf(RegistryException.class)
        .hasMessage("starting an upload at %s failed: HTTP 301", registry.host());
    assertThat(registry.requests())
        .extracting(Received::toString)
        .containsExactly("POST " + UPLOADS);
  }

  @Test
  void aBlobIsMountedFromAnotherRepositoryWithoutSendingIt() throws IOException {
    var registry = registry(Quirk.BEARER);
    var digest = registry.addBlob("os/other", KERNEL);

    assertThat(client(registry).mountBlob(digest, new Repository(registry.host(), "os/other")))
        .isTrue();

    assertThat(registry.blob(digest)).hasValue(KERNEL);
    var post = registry.requests(Step.UPLOAD_POST).getLast();
    assertThat(post.parameter("mount")).isEqualTo(digest.toString());
    assertThat(post.parameter("from")).isEqualTo("os/other");
    assertThat(registry.requests(Step.TOKEN).getLast().parameters("scope"))
        .containsExactly("repository:os/debian:pull,push", "repository:os/other:pull");
  }

  @Test
  void aMountThatBecomesAnUploadIsCancelled() throws IOException {
    var registry = registry(Quirk.MOUNT_202);
    var digest = registry.addBlob("os/other", KERNEL);
    var client = client(registry);

    assertThat(client.mountBlob(digest, new Repository(registry.host(), "os/other"))).isFalse();
    assertThat(client.mountBlob(digest, new Repository("other.example", "os/other"))).isFalse();
    assertThat(client.mountBlob(digest, registry.repository())).isFalse();

    assertThat(registry.openUploads()).isZero();
    assertThat(registry.count(Step.UPLOAD_POST)).isEqualTo(1);
  }

  private static InputStream broken(IOException failure) {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        throw failure;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        throw failure;
      }
    };
  }
}
