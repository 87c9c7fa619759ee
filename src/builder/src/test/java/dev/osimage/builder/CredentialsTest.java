package dev.osimage.builder;

import static dev.osimage.builder.Workbench.inline;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildStep;
import dev.osimage.image.PartName;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import okhttp3.Credentials;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The registry's Secret: absent, wrong, refused, and exchanged while a build runs. */
@Timeout(60)
class CredentialsTest {

  private static final String WAITING = "waiting until ";
  private static final Duration LONG = Duration.ofSeconds(40);
  private static final String CONFIG = "{\"commandLine\":\"ro\"}";
  private static final Map<String, String> OLD = login("0ld-s3cr3t");
  private static final Map<String, String> NEW = login("n3w-s3cr3t");

  private final Workbench bench;

  CredentialsTest(@TempDir Path folder) throws IOException {
    bench = new Workbench(folder);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private static Map<String, String> login(String password) {
    return Map.of("username", "robot", "password", password);
  }

  private static String header(Map<String, String> login) {
    return Credentials.basic(
        login.getOrDefault("username", ""), login.getOrDefault("password", ""));
  }

  private BuildPlan plan(Duration wait) {
    return Workbench.withSecret(
        bench
            .plan(inline(PartName.ROOTFS, "root"), bench.fetched(PartName.KERNEL, "a kernel"))
            .withCredentialsWait(wait));
  }

  private static void assertSucceeds(Workbench.Run run) {
    assertThat(run.termination().message()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.everything()).doesNotContain("s3cr3t");
  }

  static Stream<Arguments> useless() {
    return Stream.of(
        Arguments.of(Map.of(), "does not exist, or is empty"),
        Arguments.of(Map.of("token", "s3cr3t"), "has other keys than are looked for (token)"),
        Arguments.of(Map.of(".dockerconfigjson", "s3cr3t"), "is not JSON"),
        Arguments.of(OLD, "does not accept the credentials"));
  }

  @ParameterizedTest
  @MethodSource("useless")
  void aBuildGoesOnAsSoonAsItsSecretIsGood(Map<String, String> before, String words) {
    bench.registry.protect(header(NEW));
    bench.mount("push", before);
    bench.whenLogged(WAITING, () -> bench.mount("push", NEW));
    var run = bench.run(plan(LONG));

    assertSucceeds(run);
    assertThat(run.log())
        .containsPattern(
            words.replace("(", "\\(").replace(")", "\\)")
                + ".*; waiting until 20[0-9T:-]+Z for another content of"
                + " the Secret 'push' in destination.secretRef")
        .contains("the Secret 'push' in destination.secretRef has changed; going on");
    assertThat(run.time()).isLessThan(Duration.ofSeconds(20));
  }

  @Test
  void aSecretThatIsMountedAtAllOnlyLaterIsWaitedForAsWell() {
    bench.registry.protect(header(NEW));
    bench.whenLogged(WAITING, () -> bench.mount("push", NEW));

    assertSucceeds(bench.run(plan(LONG)));
  }

  @Test
  void aSecretThatChangesToAnotherWrongOneIsWaitedForFurther() {
    bench.registry.protect(header(NEW));
    bench.mount("push", Map.of());
    bench.whenLogged(
        WAITING,
        () -> {
          bench.mount("push", OLD);
          bench.whenLogged(WAITING, () -> bench.mount("push", NEW));
        });

    assertSucceeds(bench.run(plan(LONG)));
  }

  @ParameterizedTest
  @MethodSource("useless")
  void theWaitIsBoundedAndEndsWithTheReason(Map<String, String> secret, String words) {
    bench.registry.protect(header(NEW));
    bench.mount("push", secret);
    var run = bench.run(plan(Duration.ofSeconds(1)));

    assertThat(run.termination().message())
        .contains("the Secret 'push' in destination.secretRef", words)
        .endsWith("; waited 1 s for another one");
    assertThat(run.termination().step()).isEqualTo(BuildStep.CREDENTIALS);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.time()).isBetween(Duration.ofMillis(900), Duration.ofSeconds(10));
    assertThat(run.everything()).doesNotContain("s3cr3t");
    assertThat(bench.sourceRequests()).isZero();
  }

  @Test
  void theWaitEndsBeforeTheBuildDoesSoThatTheReasonIsTold() {
    bench.registry.protect(header(NEW));
    bench.mount("push", OLD);
    var run =
        bench.run(
            Workbench.withSecret(
                bench.plan(7, inline(PartName.ROOTFS, "root")).withCredentialsWait(LONG)));

    assertThat(run.termination().reason()).isEqualTo(Reason.CREDENTIALS_REFUSED);
    assertThat(run.time()).isLessThan(Duration.ofSeconds(7));
  }

  /** Rights are given at the registry: kubelet brings none. */
  @Test
  void credentialsThatAreNotAllowedToPushAreNotWaitedFor() {
    bench.registry.protect(header(NEW));
    bench.mount("push", NEW);
    bench.registry.answer("POST blobs/uploads", FakeRegistry.error(403, "DENIED", "no, thanks"));
    var run = bench.run(plan(LONG));

    assertThat(run.termination().reason()).isEqualTo(Reason.CREDENTIALS_REFUSED);
    assertThat(run.termination().message())
        .isEqualTo(
            "the registry does not allow what is needed with the credentials of the Secret 'push'"
                + " in destination.secretRef: let them push to %s, or put others there: starting"
                    .formatted(bench.repository())
                + " an upload at %s failed: HTTP 403 (DENIED no, thanks)"
                    .formatted(bench.repository().host()));
    assertThat(run.log()).doesNotContain(WAITING);
    assertThat(run.time()).isLessThan(Duration.ofSeconds(20));
  }

  @Test
  void withoutASecretNothingIsWaitedFor() {
    bench.registry.protect(header(NEW));
    var run = bench.run(bench.plan(inline(PartName.ROOTFS, "root")).withCredentialsWait(LONG));

    assertThat(run.termination().reason()).isEqualTo(Reason.CREDENTIALS_MISSING);
    assertThat(run.termination().message())
        .startsWith("the registry asks for credentials: name a Secret in destination.secretRef: ");
    assertThat(run.time()).isLessThan(Duration.ofSeconds(20));
  }

  /** The mounted Secret is ahead of the registry, or as fast. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST blobs/uploads",
        "PATCH blobs/uploads",
        "PUT blobs/uploads",
        "PUT manifests/osimage-abcdef0123456789",
        "PUT manifests/latest-amd64"
      })
  void aPasswordThatIsExchangedInTheMiddleOfABuildIsNotNoticed(String request) {
    bench.registry.protect(header(OLD));
    bench.mount("push", OLD);
    bench.registry.before(
        request,
        () -> {
          bench.registry.protect(header(NEW));
          bench.mount("push", NEW);
        });
    var run = bench.run(plan(Duration.ZERO));

    assertSucceeds(run);
    assertThat(bench.registry.manifests).containsKey("latest-amd64");
  }

  /** Kubelet needs a minute to bring what the registry knows already. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST blobs/uploads",
        "PATCH blobs/uploads",
        "PUT blobs/uploads",
        "PUT manifests/osimage-abcdef0123456789",
        "PUT manifests/latest-amd64"
      })
  void aPasswordThatComesLaterThanTheRegistryWantsItIsWaitedFor(String request) {
    bench.registry.protect(header(OLD));
    bench.mount("push", OLD);
    bench.registry.before(request, () -> bench.registry.protect(header(NEW)));
    bench.whenLogged(WAITING, () -> bench.mount("push", NEW));

    assertSucceeds(bench.run(plan(LONG)));
  }

  @Test
  void whatHasBeenSentIsNotSentAgainForAnotherPassword() {
    bench.registry.add(CONFIG);
    bench.registry.protect(header(OLD));
    bench.mount("push", OLD);
    bench.registry.before("PUT blobs/uploads", () -> bench.registry.protect(header(NEW)));
    bench.whenLogged(WAITING, () -> bench.mount("push", NEW));
    var plan = bench.plan(bench.fetched(PartName.KERNEL, "a kernel")).withCredentialsWait(LONG);

    assertSucceeds(bench.run(Workbench.withSecret(plan)));
    assertThat(bench.registry.requests("PATCH")).hasSize(1);
    assertThat(bench.sourceRequests()).isEqualTo(1);
  }
}
