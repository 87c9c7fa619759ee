package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.osimage.oci.Content;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.Repository;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.http.RetryPolicy;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryTest extends AgainstFaults {

  private static final byte[] CONTENT = bytes(3 << 20);
  private static final Digest DIGEST = Digest.of(CONTENT);

  @ParameterizedTest
  @EnumSource(names = {"UPLOAD_POST", "UPLOAD_PATCH", "UPLOAD_PUT"})
  void aResetAtAnyStepIsTriedAgainFromTheStart(Step step) throws IOException {
    var registry = registry(Rule.first(2, step).resets());

    assertThat(client(registry).pushBlob(DIGEST, Content.of(CONTENT))).isEqualTo(3 << 20);

    assertThat(registry.blob(DIGEST)).hasValue(CONTENT);
    assertThat(registry.openUploads()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void aPassingFailureOfThePatchSendsTheWholeContentAgain(int status) throws IOException {
    var registry = registry(Rule.first(2, Step.UPLOAD_PATCH).answers(Answer.of(status)));
    var content = new Counted(CONTENT);

    client(registry).pushBlob(DIGEST, content);

    assertThat(registry.blob(DIGEST)).hasValue(CONTENT);
    assertThat(content.opened).hasValue(3);
    assertThat(content.closed).hasValue(3);
    assertThat(registry.count(Step.UPLOAD_POST)).isEqualTo(3);
    assertThat(registry.count(Step.BLOB_HEAD)).as("before each new try").isEqualTo(2);
    assertThat(registry.count(Step.UPLOAD_DELETE)).as("of failed sessions").isEqualTo(2);
  }

  /** The source is read once: a second PATCH would send nothing, under the digest of the first. */
  @ParameterizedTest
  @ValueSource(ints = {408, 503})
  void aPatchIsNeverRepeatedBehindTheCallersBack(int status) throws IOException {
    var registry =
        registry(Rule.always(Step.UPLOAD_PATCH).answers(Answer.of(status, "Retry-After: 0")));

    assertThatThrownBy(() ->
            client(registry)
                .upload(new ByteArrayInputStream(CONTENT), OptionalLong.empty(), DIGEST))
        .isInstanceOfSatisfying(
            RegistryException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE);
              assertThat(e.retryable()).isTrue();
            });
    assertThat(registry.count(Step.UPLOAD_PATCH)).isEqualTo(1);
    assertThat(registry.count(Step.UPLOAD_PUT)).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 404, 416, 500})
  void aSuccessOfWhichTheAnswerWasLostIsNotSentTwice(int next) throws IOException {
    var registry =
        registry(
            Rule.once(Step.UPLOAD_PUT).losesAnswer(),
            Rule.once(Step.UPLOAD_PUT).after(1).answers(Answer.of(next)));

    client(registry).pushBlob(DIGEST, Content.of(CONTENT));

    assertThat(registry.blob(DIGEST)).hasValue(CONTENT);
    assertThat(registry.count(Step.UPLOAD_PATCH)).isEqualTo(1);
  }

  @Test
  void aManifestOfWhichTheAnswerWasLostIsNotSentTwice() throws IOException {
    var registry = registry(Rule.once(Step.MANIFEST_PUT).losesAnswer());

    client(registry).tag(Operation.image(registry, "x"), "1.0");

    assertThat(registry.tags()).containsExactly("1.0");
    assertThat(registry.count(Step.MANIFEST_PUT)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 500})
  void aCommitThatKeepsFailingIsAnErrorAndTheSessionIsGivenUp(int status) throws IOException {
    var registry = registry(Rule.always(Step.UPLOAD_PUT).answers(Answer.of(status)));

    assertThatThrownBy(() -> client(registry).pushBlob(DIGEST, Content.of(CONTENT)))
        .isInstanceOf(RegistryException.class)
        .hasMessage("committing blob %s at %s failed: HTTP %d", DIGEST, registry.host(), status);

    assertThat(registry.openUploads()).isZero();
    assertThat(registry.count(Step.UPLOAD_POST))
        .as("the closing request is tried again, not the upload")
        .isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", " 0 ", "date", "soon", "-5", "1.5", "99999999999999999999"})
  void whatTheServerAsksToWaitIsObeyedOrPassedOver(String retryAfter) throws IOException {
    var value =
        retryAfter.equals("date")
            ? DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Instant.now().minusSeconds(10).atOffset(ZoneOffset.UTC))
            : retryAfter;
    var registry = registry(Rule.once(Step.UPLOAD_POST).answers(Answer.tooManyRequests(value)));

    client(registry).pushBlob(DIGEST, Content.of(CONTENT));

    assertThat(registry.count(Step.UPLOAD_POST)).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"3600", "date"})
  void aServerThatAsksForTooLongAWaitIsGivenUp(String retryAfter) throws IOException {
    var value =
        retryAfter.equals("date")
            ? DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Instant.now().plusSeconds(3600).atOffset(ZoneOffset.UTC))
            : retryAfter;
    var registry = registry(Rule.always(Step.UPLOAD_POST).answers(Answer.tooManyRequests(value)));

    var failure =
        catchThrowableOfType(
            RegistryException.class, () -> client(registry).pushBlob(DIGEST, Content.of(CONTENT)));

    assertThat(failure.status()).isEqualTo(429);
    assertThat(failure.retryAfter())
        .hasValueSatisfying(
            wait -> assertThat(wait).isBetween(Duration.ofMinutes(55), Duration.ofHours(1)));
    assertThat(registry.count(Step.UPLOAD_POST)).isEqualTo(1);
  }

  @Test
  void aWaitThatTheServerAsksForIsWaited() throws IOException {
    var registry = registry(Rule.once(Step.BLOB_HEAD).answers(Answer.tooManyRequests("1")));
    var patient =
        new RetryPolicy(
            2, Duration.ZERO, Duration.ZERO, Duration.ofSeconds(2), Duration.ofMinutes(1));
    long start = System.nanoTime();

    client(registry, settings(registry, LOGIN).withRetries(patient)).blobSize(DIGEST);

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(990));
  }

  @Test
  void pastTheDeadlineNothingIsTriedAgain() throws IOException {
    var registry = registry(Rule.always(Step.UPLOAD_POST).answers(Answer.of(503)));
    var hurried =
        new RetryPolicy(
            1000,
            Duration.ofMillis(20),
            Duration.ofMillis(20),
            Duration.ZERO,
            Duration.ofMillis(100));

    assertThatThrownBy(() ->
            client(registry, settings(registry, LOGIN).withRetries(hurried))
                .pushBlob(DIGEST, Content.of(CONTENT)))
        .isInstanceOf(RegistryException.class)
        .hasMessageEndingWith("HTTP 503");

    assertThat(registry.count(Step.UPLOAD_POST)).isBetween(1, 900);
  }

  @Test
  void withoutRetriesEverythingIsTriedOnce() throws IOException {
    var registry = registry(Rule.always(Step.values()).answers(Answer.of(503)));
    var client = client(registry, settings(registry, LOGIN).withRetries(RetryPolicy.NONE));

    assertThatThrownBy(() -> client.pushBlob(DIGEST, Content.of(CONTENT)))
        .isInstanceOf(RegistryException.class);

    assertThat(registry.requests()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"UPLOAD_POST", "UPLOAD_PATCH", "UPLOAD_PUT"})
  void aRegistryThatNeverAnswersIsGivenUpAndAskedAgain(Step step) throws IOException {
    var registry = registry(Rule.once(step).hangs());

    impatient(registry).pushBlob(DIGEST, Content.of(CONTENT));

    assertThat(registry.blob(DIGEST)).hasValue(CONTENT);
  }

  @Test
  void aRegistryThatNeverAnswersAnythingIsUnavailable() throws IOException {
    var registry = registry(Rule.always(Step.UPLOAD_POST).hangs());

    assertThatThrownBy(() -> impatient(registry).pushBlob(DIGEST, Content.of(CONTENT)))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));

    assertThat(registry.count(Step.UPLOAD_POST)).isEqualTo(5);
  }

  @Test
  void aSessionThatIsGoneIsBegunAnew() throws IOException {
    var registry =
        registry(
            Quirk.BROKEN_PATCH_KILLS_SESSION, Rule.first(2, Step.UPLOAD_PATCH).cutsRequest(500));

    client(registry).pushBlob(DIGEST, Content.of(CONTENT));

    assertThat(registry.blob(DIGEST)).hasValue(CONTENT);
  }

  @Test
  void answersThatAreNoHttpAreTriedAgain() throws IOException {
    var registry =
        registry(
            Rule.once(Step.UPLOAD_POST).says("HTTP/9 what?\r\n\r\n"),
            Rule.once(Step.UPLOAD_PATCH).says("\0\1\2"),
            Rule.once(Step.BLOB_HEAD).answers(Answer.hugeHeader(200, 1 << 20)));

    client(registry).pushBlob(DIGEST, Content.of(CONTENT));

    assertThat(registry.blob(DIGEST)).hasValue(CONTENT);
  }

  @Test
  void aRegistryThatDoesNotListenIsUnavailable() throws IOException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    var host = "127.0.0.1:" + port;
    var settings = new RegistrySettings(true, Optional::empty, QUICK);
    var client = new RegistryClient(http(), new Repository(host, "os"), settings);

    assertThatThrownBy(() -> client.blobSize(DIGEST))
        .isInstanceOfSatisfying(
            RegistryException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE);
              assertThat(e.status()).isZero();
              assertThat(e.code()).isEmpty();
            })
        .hasMessageStartingWith("looking for blob sha256:")
        .hasMessageContaining(" at " + host + " failed: ");
  }

  @Test
  void aClosedTransportEndsEveryTry() throws IOException {
    var registry = registry();
    var http = http();
    var client = new RegistryClient(http, registry.repository(), settings(registry, LOGIN));
    http.close();

    assertThatThrownBy(() -> client.blobSize(DIGEST))
        .isInstanceOfSatisfying(RegistryException.class, e -> assertThat(e.retryable()).isFalse());
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void aManifestThatFailsForGoodIsSentOnce() throws IOException {
    var registry = registry();
    var manifest = new Manifest(MediaTypes.IMAGE_MANIFEST, new byte[] {'['});

    assertThatThrownBy(() -> client(registry).tag(manifest, "1.0"))
        .isInstanceOfSatisfying(
            RegistryException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.REFUSED);
              assertThat(e.code()).isEqualTo("MANIFEST_INVALID");
            });
    assertThat(registry.count(Step.MANIFEST_PUT)).isEqualTo(1);
  }

  /** Content that counts how often it was opened and closed. */
  private static final class Counted implements Content {

    private final byte[] bytes;
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();

    Counted(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public OptionalLong size() {
      return OptionalLong.of(bytes.length);
    }

    @Override
    public InputStream open() {
      opened.incrementAndGet();
      return new ByteArrayInputStream(bytes) {
        @Override
        public void close() {
          closed.incrementAndGet();
        }
      };
    }
  }
}
