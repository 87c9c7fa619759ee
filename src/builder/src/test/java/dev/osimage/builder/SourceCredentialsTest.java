package dev.osimage.builder;

import static dev.osimage.builder.Workbench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildStep;
import dev.osimage.image.PartName;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The Secret of a source: what is made of it, what it may lack, and when it is exchanged. */
@Timeout(60)
class SourceCredentialsTest {

  private static final String ROOT = "a root file system, ".repeat(20_000);
  private static final String BASIC = "Basic cm9ib3Q6aHVudGVyMg==";
  private static final String WAITING = "waiting until ";
  private static final Duration LONG = Duration.ofSeconds(40);

  private final Workbench bench;

  SourceCredentialsTest(@TempDir Path folder) throws IOException {
    bench = new Workbench(folder);
    bench.serve("/source", ROOT);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private BuildPlan plan() {
    return bench.plan(
        bench
            .fetched(PartName.ROOTFS, "/source?token=hush", Digest.of(bytes(ROOT)))
            .withSecret("web"));
  }

  private static void assertSilent(Workbench.Run run) {
    assertThat(run.everything()).doesNotContain("hunter2", "s3cr3t", "hush");
  }

  private static void assertSucceeds(Workbench.Run run) {
    assertThat(run.termination().message()).isEmpty();
    assertSilent(run);
  }

  static Stream<Arguments> secrets() {
    return Stream.of(
        Arguments.of(
            Map.of("username", "robot", "password", "hunter2\n"), Map.of("Authorization", BASIC)),
        Arguments.of(Map.of("token", "s3cr3t\n"), Map.of("Authorization", "Bearer s3cr3t")),
        Arguments.of(
            Map.of("header.X-Key", "s3cr3t", "header.X-Realm", "os"),
            Map.of("X-Key", "s3cr3t", "X-Realm", "os")),
        Arguments.of(
            Map.of("token", "s3cr3t", "header.X-Realm", "os"),
            Map.of("Authorization", "Bearer s3cr3t", "X-Realm", "os")));
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void credentialsOfASourceComeFromItsSecret(
      Map<String, String> secret, Map<String, String> headers) {
    bench.mount("web", secret);
    bench.protect("/source", headers);

    assertSucceeds(bench.run(plan()));
  }

  static Stream<Arguments> useless() {
    return Stream.of(
        Arguments.of(
            Map.of(),
            "does not exist, or is empty: create it with the keys username and password, or the key"
                + " token, or keys header.<Name>; the next attempt reads it again"),
        Arguments.of(
            Map.of("pass", "s3cr3t", "user", "me"),
            "has other keys than are looked for (pass, user): give it the keys username and"
                + " password, or the key token, or keys header.<Name>; the next attempt reads it"
                + " again"),
        Arguments.of(
            Map.of("header.X-Key", "two\nlines s3cr3t"),
            "has a key header.X-Key with characters that no HTTP header may have: correct its"
                + " value; the next attempt reads it again"),
        Arguments.of(
            Map.of("token", "\n"),
            "has a key token without a value: correct its value; the next attempt reads it again"),
        Arguments.of(
            Map.of("header.a b", "s3cr3t"),
            "has the key header.a b, which names no HTTP header: rename it; the next attempt reads"
                + " it again"));
  }

  @ParameterizedTest
  @MethodSource("useless")
  void aSecretThatIsNoUseSaysWhatWasExpectedAndWhatWasFound(
      Map<String, String> secret, String words) {
    bench.mount("web", secret);
    var run = bench.run(plan());

    assertThat(run.termination().reason()).isEqualTo(Reason.CREDENTIALS_MISSING);
    assertThat(run.termination().step()).isEqualTo(BuildStep.CREDENTIALS);
    assertThat(run.termination().message())
        .isEqualTo("the Secret 'web' in http.secretRef of rootfs " + words);
    assertThat(bench.sourceRequests()).isZero();
    assertSilent(run);
  }

  @Test
  void refusedCredentialsAreTriedAgainLater() {
    bench.mount("web", Map.of("token", "s3cr3t"));
    bench.protect("/source", Map.of("Authorization", "Bearer right"));
    var run = bench.run(plan());

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.termination().reason()).isEqualTo(Reason.CREDENTIALS_REFUSED);
    assertThat(run.termination().message())
        .isEqualTo(
            "rootfs: %s answers HTTP 401: it does not accept the credentials of the Secret 'web' in"
                    .formatted(bench.url("/source"))
                + " http.secretRef of rootfs (wrong or expired): correct them, the next attempt"
                + " reads them again");
    assertSilent(run);
  }

  @Test
  void credentialsThatAreNotEnoughAreAnotherFaultThanWrongOnes() {
    bench.mount("web", Map.of("token", "s3cr3t"));
    bench.serve("/source", () -> new MockResponse.Builder().code(403).build());
    var run = bench.run(plan().withCredentialsWait(LONG));

    assertThat(run.termination().reason()).isEqualTo(Reason.CREDENTIALS_REFUSED);
    assertThat(run.termination().message())
        .contains("answers HTTP 403: it does not allow this file with the credentials of");
    assertThat(run.log()).doesNotContain(WAITING);
    assertSilent(run);
  }

  @ParameterizedTest
  @MethodSource("useless")
  void aBuildGoesOnAsSoonAsTheSecretOfASourceIsGood(Map<String, String> before, String words) {
    bench.mount("web", before);
    bench.protect("/source", Map.of("Authorization", "Bearer n3w-s3cr3t"));
    bench.whenLogged(WAITING, () -> bench.mount("web", Map.of("token", "n3w-s3cr3t")));
    var run = bench.run(plan().withCredentialsWait(LONG));

    assertSucceeds(run);
    assertThat(run.log()).contains(words).contains("has changed; going on");
  }

  @Test
  void aDownloadThatWasCutGoesOnWithTheNextToken() {
    var answers = new AtomicInteger();
    bench.mount("web", Map.of("token", "0ld-s3cr3t"));
    bench.protect("/source", Map.of("Authorization", "Bearer 0ld-s3cr3t"));
    bench.serve(
        "/source",
        () -> {
          bench.protect("/source", Map.of("Authorization", "Bearer n3w-s3cr3t"));
          var answer = new MockResponse.Builder().body(ROOT).setHeader("ETag", "\"1\"");
          return answers.incrementAndGet() == 1
              ? answer.onResponseBody(new SocketEffect.CloseSocket()).build()
              : answer.build();
        });
    bench.whenLogged(WAITING, () -> bench.mount("web", Map.of("token", "n3w-s3cr3t")));

    assertSucceeds(bench.run(plan().withCredentialsWait(LONG)));
    assertThat(answers).hasValue(2);
    assertThat(bench.registry.requests("PATCH"))
        .as("config and part, each once: the upload never noticed")
        .hasSize(2);
  }
}
