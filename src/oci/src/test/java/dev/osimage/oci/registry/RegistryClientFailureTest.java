package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.osimage.oci.Digest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.Repository;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import mockwebserver3.MockResponseBody;
import mockwebserver3.SocketEffect;
import okhttp3.OkHttpClient;
import okio.BufferedSink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RegistryClientFailureTest {

  private static final byte[] CONTENT = "KERNEL\n".getBytes(StandardCharsets.US_ASCII);

  private MockRegistry registry;

  @BeforeEach
  void start() throws IOException {
    registry = new MockRegistry();
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  static Stream<Arguments> answers() {
    return Stream.of(
            Arguments.of(401, Kind.UNAUTHORIZED),
            Arguments.of(403, Kind.UNAUTHORIZED),
            Arguments.of(404, Kind.REFUSED),
            Arguments.of(408, Kind.UNAVAILABLE),
            Arguments.of(413, Kind.REFUSED),
            Arguments.of(429, Kind.UNAVAILABLE),
            Arguments.of(500, Kind.UNAVAILABLE),
            Arguments.of(503, Kind.UNAVAILABLE))
        .flatMap(row ->
            Stream.of("json", "html", "empty", "no list", "no object", "large json")
                .map(body -> Arguments.of(row.get()[0], row.get()[1], body)));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void theStatusDecidesWhatHelpsWhateverTheBodyIs(int status, Kind kind, String body) {
    registry.answerBy(request -> MockRegistry.response(status).body(body(body)).build());

    var failure = failureOfAPush();

    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.status()).isEqualTo(status);
    assertThat(failure.retryable()).isEqualTo(kind == Kind.UNAVAILABLE);
    assertThat(failure.code()).isEqualTo(body.equals("json") ? "DENIED" : "");
    assertThat(failure)
        .hasMessage(
            "registry %s failed to push manifest 1: HTTP %d%s",
            registry.host(), status, body.equals("json") ? " (DENIED no rights)" : "");
  }

  private static String body(String kind) {
    return switch (kind) {
      case "json" ->
          "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no rights\",\"detail\":{}},{\"code\":\"X\"}]}";
      case "html" -> "<html><body>Service <b>Unavailable</b></body></html>";
      case "empty" -> "";
      case "no list" -> "{\"errors\":{\"code\":\"DENIED\"}}";
      case "no object" -> "{\"errors\":[]}";
      case "large json" -> "{\"errors\":[{\"message\":\"" + "x".repeat(1_000_000) + "\"}]}";
      default -> throw new IllegalArgumentException(kind);
    };
  }

  @Test
  void anAnswerThatNeverEndsIsNotReadToItsEnd() {
    registry.server.enqueue(MockRegistry.response(400).body(new Endless()).build());

    assertThat(failureOfAPush())
        .hasMessage("registry %s failed to push manifest 1: HTTP 400", registry.host());
  }

  @Test
  void aLongMessageOfTheRegistryIsCutAndIsOneLine() {
    registry.server.enqueue(
        MockRegistry.response(400)
            .body(
                "{\"errors\":[{\"code\":\"C\",\"message\":\"a\\nb\\u0000\\u001b[31m%s\"}]}"
                    .formatted("y".repeat(5000)))
            .build());

    assertThat(failureOfAPush())
        .message()
        .contains("(C a b [31myyy")
        .endsWith("y…)")
        .hasSizeLessThan(350);
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"errors\":[{\"code\":null,\"message\":7}]}', HTTP 400 (7)",
    "'{\"errors\":[\"text\"]}', HTTP 400",
    "'{\"errors\":[{\"code\":{\"a\":1}}]}', HTTP 400",
    "'null', HTTP 400",
    "'{\"error\":\"text\"}', HTTP 400"
  })
  void anErrorOfAnotherShapeIsStillAnErrorOfTheRegistry(String body, String end) {
    registry.server.enqueue(MockRegistry.response(400).body(body).build());

    assertThat(failureOfAPush()).message().endsWith(end);
  }

  @Test
  void aRegistryThatDoesNotListenIsUnavailable() throws IOException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    var host = "127.0.0.1:" + port;
    var client = new RegistryClient(new OkHttpClient(), new Repository(host, "os"), true, null);

    assertThatThrownBy(() -> client.blobSize(Digest.of(CONTENT)))
        .isInstanceOfSatisfying(
            RegistryException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE);
              assertThat(e.status()).isZero();
              assertThat(e.code()).isEmpty();
            })
        .hasMessageStartingWith("registry " + host + " failed to look for blob sha256:");
  }

  @Test
  void anAnswerThatIsCutInTheMiddleIsUnavailable() {
    registry.server.enqueue(
        MockRegistry.response(206)
            .body("x".repeat(100_000))
            .onResponseBody(new SocketEffect.CloseSocket())
            .build());

    assertThatThrownBy(() -> registry.client().blobStart(Digest.of(CONTENT), 100_000))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
  }

  @ParameterizedTest
  @CsvSource({
    "POST, 0",
    "POST, 401",
    "POST, 500",
    "PATCH, 0",
    "PATCH, 401",
    "PATCH, 500",
    "PUT, 0",
    "PUT, 401",
    "PUT, 500"
  })
  void noStepOfAPushShowsACredentialOrATokenOfTheUploadUrl(String failing, int status) {
    registry.answerBy(request ->
        request.getMethod().equals(failing)
            ? failure(status)
            : MockRegistry.response(202, "Location", "/s?_state=s3cr3t&X-Amz-Signature=s1gned")
                .build());

    var thrown =
        catchThrowableOfType(
            RegistryException.class,
            () ->
                registry
                    .client()
                    .pushBlob(
                        Digest.of(CONTENT),
                        new ByteArrayInputStream(CONTENT),
                        OptionalLong.of(CONTENT.length)));

    assertThat(everything(thrown))
        .contains(registry.host())
        .doesNotContain("hunter2", MockRegistry.BASIC.substring(6), "s3cr3t", "s1gned");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 403, 500})
  void aFailureBehindARedirectDoesNotShowTheSignedUrl(int status) throws IOException {
    try (var storage = new MockRegistry()) {
      registry.answer(307, "Location", "http://" + storage.host() + "/b?X-Amz-Signature=s1gned");
      storage.answerBy(request -> failure(status));

      var thrown =
          catchThrowableOfType(
              RegistryException.class, () -> registry.client().blobStart(Digest.of(CONTENT), 10));

      assertThat(everything(thrown)).doesNotContain("hunter2", "s1gned");
    }
  }

  private static MockResponse failure(int status) {
    return status == 0
        ? MockRegistry.response(200).onResponseStart(new SocketEffect.CloseSocket()).build()
        : MockRegistry.response(status).build();
  }

  private static String everything(Throwable thrown) {
    var text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text, true));
    return text.toString();
  }

  private RegistryException failureOfAPush() {
    return catchThrowableOfType(
        RegistryException.class,
        () -> registry.client().tag(new byte[] {'{', '}'}, MediaTypes.IMAGE_MANIFEST, "1"));
  }

  /** Writes until the client hangs up. */
  private static final class Endless implements MockResponseBody {

    @Override
    public long getContentLength() {
      return -1;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      sink.writeUtf8("{\"errors\":[{\"message\":\"");
      while (true) {
        sink.writeUtf8("x".repeat(8192));
        sink.flush();
      }
    }
  }
}
