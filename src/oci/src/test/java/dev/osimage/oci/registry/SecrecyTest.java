package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.Fault;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** No failure at any step tells what opens the registry. */
class SecrecyTest extends AgainstFaults {

  private static final String SIGNATURE = "s1gned";
  private static final String STATE = "s3cr3tstate";
  private static final Set<Step> STEPS =
      EnumSet.of(
          Step.TOKEN,
          Step.BLOB_HEAD,
          Step.BLOB_GET,
          Step.STORAGE,
          Step.UPLOAD_POST,
          Step.UPLOAD_PATCH,
          Step.UPLOAD_PUT,
          Step.UPLOAD_DELETE,
          Step.MANIFEST_GET,
          Step.MANIFEST_PUT,
          Step.REFERRERS);
  private static final Set<Operation> OPERATIONS =
      EnumSet.complementOf(EnumSet.of(Operation.PUSH, Operation.PUSH_UNKNOWN, Operation.PULL));

  @TempDir Path folder;

  static Stream<Arguments> failures() {
    return STEPS.stream()
        .flatMap(step ->
            Stream.of("reset", "401", "403", "500", "cut", "garbage", "hostile")
                .map(how -> Arguments.of(step, how)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("failures")
  void noStepShowsAPasswordATokenOrASignedUrl(Step step, String how) throws IOException {
    for (var credentials : List.of(LOGIN, IDENTITY)) {
      var registry =
          registry(Quirk.BEARER, Quirk.BLOB_REDIRECT, Quirk.NO_REFERRERS, failure(step, how));
      registry.add(
          Rule.always(Step.UPLOAD_POST)
              .edits(answer -> answer.status() == 202 ? withSecret(answer) : answer));
      var client = client(registry, credentials);

      for (var operation : OPERATIONS) {
        assertSecretsStay(registry, catchThrowable(() -> operation.run(registry, client, folder)));
      }
    }
  }

  private static Answer withSecret(Answer answer) {
    var location =
        answer.headers().stream()
            .filter(line -> line.startsWith("Location: "))
            .map(line -> line.substring("Location: ".length()))
            .findFirst();
    return location.map(url -> answer.header("Location", url + "?_state=" + STATE)).orElse(answer);
  }

  private static Fault failure(Step step, String how) {
    var when = Rule.always(step);
    return switch (how) {
      case "reset" -> when.resets();
      case "cut" -> when.cutsAnswer(0);
      case "garbage" -> when.says("HTTP/1.1 garbage \1\2\r\n\r\n");
      case "hostile" ->
          when.answers(
              Answer.of(
                  307, "Location: http://user:hunter2@169.254.169.254/?X-Amz-Signature=s1gned"));
      default -> when.answers(Answer.of(Integer.parseInt(how)));
    };
  }

  private static void assertSecretsStay(FaultRegistry registry, Throwable thrown) {
    var text = new StringWriter();
    if (thrown != null) {
      thrown.printStackTrace(new PrintWriter(text, true));
    }
    var all = text.toString();
    assertThat(all)
        .doesNotContain(
            FaultRegistry.PASSWORD, FaultRegistry.REFRESH_TOKEN, SIGNATURE, STATE, "X-Amz");
    assertThat(registry.authorizations(registry.host()))
        .noneMatch(header -> all.contains(header.substring(header.indexOf(' ') + 1)));
  }

  @Test
  void noConnectionToAStorageThatIsGoneShowsTheSignedUrl() throws IOException {
    var content = bytes(1000);
    var registry =
        registry(
            Rule.always(Step.BLOB_GET, Step.BLOB_HEAD)
                .answers(Answer.of(307, "Location: http://localhost:1/b?X-Amz-Signature=s1gned")),
            Rule.always(Step.UPLOAD_POST)
                .answers(Answer.of(202, "Location: http://localhost:1/u?_state=" + STATE)));
    var client = client(registry);

    assertSecretsStay(registry, catchThrowable(() -> client.blob(Descriptor.of("a/b", content))));
    assertSecretsStay(registry, catchThrowable(() -> client.blobSize(Digest.of(content))));
    assertSecretsStay(
        registry, catchThrowable(() -> client.pushBlob(Digest.of(content), Content.of(content))));
  }

  @Test
  void textFormsHideEverything() {
    assertThat(
            List.of(
                LOGIN,
                IDENTITY,
                new Credentials.RegistryToken("t0k3n"),
                new Token("t0k3n", Scopes.NONE, Instant.EPOCH, Duration.ZERO)))
        .asString()
        .doesNotContain("robot", "hunter2", "r3fresh", "t0k3n");
  }
}
