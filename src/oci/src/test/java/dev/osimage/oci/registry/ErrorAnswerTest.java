package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.http.RetryPolicy;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of an error that a registry answers with. */
class ErrorAnswerTest extends AgainstFaults {

  static Stream<Arguments> answers() {
    return Stream.of(
            Arguments.of(401, Kind.UNAUTHORIZED),
            Arguments.of(403, Kind.UNAUTHORIZED),
            Arguments.of(404, Kind.REFUSED),
            Arguments.of(408, Kind.UNAVAILABLE),
            Arguments.of(413, Kind.REFUSED),
            Arguments.of(429, Kind.UNAVAILABLE),
            Arguments.of(500, Kind.UNAVAILABLE),
            Arguments.of(501, Kind.REFUSED),
            Arguments.of(503, Kind.UNAVAILABLE))
        .flatMap(row ->
            Stream.of("json", "html", "empty", "no list", "no object", "large json")
                .map(body -> Arguments.of(row.get()[0], row.get()[1], body)));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void theStatusDecidesWhatHelpsWhateverTheBodyIs(int status, Kind kind, String body)
      throws IOException {
    var registry = answering(Answer.text(status, "text/plain", body(body)));

    var failure = failureOfAPush(registry);

    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.status()).isEqualTo(status);
    assertThat(failure.retryable()).isEqualTo(kind == Kind.UNAVAILABLE);
    assertThat(failure.code()).isEqualTo(body.equals("json") ? "DENIED" : "");
    assertThat(failure)
        .hasMessage(
            "pushing manifest 1 at %s failed: HTTP %d%s",
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
  void anAnswerThatNeverEndsIsNotReadToItsEnd() throws IOException {
    var registry = answering(Answer.endless(400));

    assertThat(failureOfAPush(registry))
        .hasMessage("pushing manifest 1 at %s failed: HTTP 400", registry.host());
  }

  @Test
  void aLongMessageOfTheRegistryIsCutAndIsOneLine() throws IOException {
    var registry =
        answering(
            Answer.text(
                400,
                "application/json",
                "{\"errors\":[{\"code\":\"C\",\"message\":\"a\\nb\\u0000\\u001b[31m%s\"}]}"
                    .formatted("y".repeat(5000))));

    assertThat(failureOfAPush(registry))
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
  void anErrorOfAnotherShapeIsStillAnErrorOfTheRegistry(String body, String end)
      throws IOException {
    assertThat(failureOfAPush(answering(Answer.text(400, "application/json", body))))
        .message()
        .endsWith(end);
  }

  private FaultRegistry answering(Answer answer) throws IOException {
    return registry(Rule.always(Step.MANIFEST_PUT).answers(answer));
  }

  private RegistryException failureOfAPush(FaultRegistry registry) {
    var manifest = new Manifest(MediaTypes.IMAGE_MANIFEST, new byte[] {'{', '}'});
    var client = client(registry, settings(registry, LOGIN).withRetries(RetryPolicy.NONE));
    return catchThrowableOfType(RegistryException.class, () -> client.tag(manifest, "1"));
  }
}
