package dev.osimage.builder;

import static dev.osimage.builder.Workbench.bytes;
import static dev.osimage.builder.Workbench.inline;
import static dev.osimage.builder.Workbench.source;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildStep;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.Mounts;
import dev.osimage.image.PartName;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import okhttp3.Credentials;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The builder as a process: what goes in, what comes out, and what never does. */
@Timeout(60)
class MainTest {

  private static final String PASSWORD = "s3cr3t-pässwörd";
  private static final String HUSH = "s3cr3t";

  @Test
  void progressIsJsonAtMostTwiceASecondAndTheResultIsTheLastLine(@TempDir Path folder)
      throws IOException {
    try (var bench = new Workbench(folder)) {
      var content = "x".repeat(40_000);
      bench.serve(
          "/kernel",
          () ->
              new MockResponse.Builder()
                  .body(content)
                  .throttleBody(10_000, 500, TimeUnit.MILLISECONDS)
                  .build());
      var digest = Digest.of(bytes(content));
      var run =
          bench.run(
              bench.plan(
                  bench.fetched(PartName.KERNEL, "/kernel", digest),
                  inline(PartName.ROOTFS, "root")));
      var progress =
          run.lines().stream()
              .filter(BuilderLine.Progress.class::isInstance)
              .map(BuilderLine.Progress.class::cast)
              .toList();

      assertThat(run.exitCode()).isZero();
      assertThat(run.result().parts()).hasSize(2);
      assertThat(progress).isNotEmpty().hasSize(run.lines().size() - 1);
      assertThat(progress).hasSizeLessThanOrEqualTo((int) (run.time().toMillis() / 500) + 1);
      assertThat(progress).extracting(BuilderLine.Progress::bytes).isSorted();
      assertThat(progress)
          .allSatisfy(line -> {
            assertThat(line.parts()).isEqualTo(2);
            assertThat(line.totalBytes()).isEqualTo(40_004);
          });
    }
  }

  @Test
  void partsThatAreInTheRegistryCountAsDone(@TempDir Path folder) throws IOException {
    try (var bench = new Workbench(folder)) {
      bench.registry.add("a kernel");
      bench.registry.answer(
          "PUT manifests/latest-amd64",
          new MockResponse.Builder().code(201).headersDelay(1200, TimeUnit.MILLISECONDS).build());
      var run = bench.run(bench.plan(bench.fetched(PartName.KERNEL, "a kernel")));

      assertThat(run.lines()).contains(new BuilderLine.Progress(1, 1, 8, 8L));
    }
  }

  static Stream<Arguments> secretsThatHaveIt() {
    var auth = Base64.getEncoder().encodeToString(bytes("robot:" + PASSWORD));
    return Stream.of(
        Arguments.of(
            Named.of("basic-auth", Map.of("username", "robot", "password", PASSWORD + "\n"))),
        Arguments.of(
            Named.of(
                "dockerconfigjson by host",
                Map.of(
                    ".dockerconfigjson",
                    "{\"auths\":{\"HOST\":{\"auth\":\"%s\"}}}".formatted(auth)))),
        Arguments.of(
            Named.of(
                "dockerconfigjson by repository",
                Map.of(
                    ".dockerconfigjson",
                    "{\"auths\":{\"HOST\":{\"username\":\"x\",\"password\":\"y\"},\"HOST/os\":{\"username\":\"robot\",\"password\":\"%s\"}}}"
                        .formatted(PASSWORD)))));
  }

  @ParameterizedTest
  @MethodSource("secretsThatHaveIt")
  void bothTypesOfSecretOpenTheRegistryAndNobodyReadsThem(
      Map<String, String> secret, @TempDir Path folder) throws IOException {
    try (var bench = new Workbench(folder)) {
      bench.registry.protect(Credentials.basic("robot", PASSWORD, StandardCharsets.UTF_8));
      var run = bench.run(bench.plan(inline(PartName.ROOTFS, "root")), at(bench, secret));

      assertThat(run.termination().message()).isEmpty();
      assertThat(run.exitCode()).isZero();
      assertThat(run.everything()).doesNotContain(HUSH).doesNotContain("robot");
    }
  }

  private static Map<String, String> at(Workbench bench, Map<String, String> secret) {
    return secret.entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                entry -> entry.getValue().replace("HOST", bench.repository().host())));
  }

  static Stream<Arguments> secretsThatLackIt() {
    var auths = "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}";
    var auth = Base64.getEncoder().encodeToString(bytes("robot:" + PASSWORD));
    return Stream.of(
        Arguments.of(
            Named.of("nothing", Map.of()),
            "does not exist, or is empty: create it with the key .dockerconfigjson"),
        Arguments.of(
            Named.of("another key", Map.of("token", PASSWORD)),
            "has other keys than are looked for (token): give it the key .dockerconfigjson"),
        Arguments.of(
            Named.of("half of basic-auth", Map.of("password", PASSWORD)),
            "has other keys than are looked for (password): give it"),
        Arguments.of(
            Named.of(
                "many keys", Map.of("a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6")),
            "(a, b, c, d, e, …)"),
        Arguments.of(
            Named.of(
                "another registry",
                Map.of(".dockerconfigjson", auths.formatted("registry.example.com", auth))),
            "has no entry for HOST"),
        Arguments.of(
            Named.of("no JSON", Map.of(".dockerconfigjson", "{\"auths\": " + PASSWORD)),
            "can't be used: the Docker config is not JSON (27 bytes)"),
        Arguments.of(
            Named.of("no auths", Map.of(".dockerconfigjson", "{\"x\": \"" + PASSWORD + "\"}")),
            "has no object 'auths' (it is a JSON object; 'auths' in it: missing)"),
        Arguments.of(
            Named.of(
                "no base64",
                Map.of(".dockerconfigjson", auths.formatted("HOST", "robot:" + PASSWORD))),
            "can't be used: 'auth' of 'HOST' is not base64"));
  }

  @ParameterizedTest
  @MethodSource("secretsThatLackIt")
  void aSecretThatLacksTheCredentialsIsDescribedButNotQuoted(
      Map<String, String> secret, String words, @TempDir Path folder) throws IOException {
    try (var bench = new Workbench(folder)) {
      var run = bench.run(bench.plan(inline(PartName.ROOTFS, "root")), at(bench, secret));

      assertThat(run.termination().reason()).isEqualTo(Reason.CREDENTIALS_MISSING);
      assertThat(run.termination().step()).isEqualTo(BuildStep.CREDENTIALS);
      assertThat(run.termination().message())
          .startsWith("the Secret 'push' in destination.secretRef ")
          .contains(words.replace("HOST", bench.repository().host()));
      assertThat(run.exitCode()).as("somebody has to make it").isEqualTo(2);
      assertThat(run.everything()).doesNotContain(HUSH);
      assertThat(bench.registry.requests).isEmpty();
    }
  }

  @Test
  void refusedCredentialsAreNotQuoted(@TempDir Path folder) throws IOException {
    try (var bench = new Workbench(folder)) {
      bench.registry.protect("Basic other");
      var run =
          bench.run(
              bench.plan(inline(PartName.ROOTFS, "root")),
              Map.of("username", "robot", "password", PASSWORD));

      assertThat(run.termination().reason()).isEqualTo(Reason.CREDENTIALS_REFUSED);
      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.everything()).doesNotContain(HUSH).doesNotContain("Basic");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://files.example.com:99999/vmlinuz?token=s3cr3t",
        "http://files..example.com/vmlinuz?token=s3cr3t",
        "ftp://files.example.com/vmlinuz?token=s3cr3t",
        "s3cr3t"
      })
  void aUrlThatNobodyCanFetchIsTheUsersToFix(String url, @TempDir Path folder) throws IOException {
    try (var bench = new Workbench(folder)) {
      var part = source(PartName.KERNEL, url, Digest.of(bytes("a kernel")), false);
      var run = bench.run(bench.plan(part));

      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.termination().message()).startsWith("kernel").doesNotContain("defect");
      assertThat(run.everything()).doesNotContain(HUSH);
    }
  }

  @Test
  void aServerThatCanNotBeFoundIsTriedAgain(@TempDir Path folder) throws IOException {
    try (var bench = new Workbench(folder)) {
      var url = "http://localhost:1/vmlinuz?token=s3cr3t";
      var part = source(PartName.KERNEL, url, Digest.of(bytes("a kernel")), false);
      var run = bench.run(bench.plan(part));

      assertThat(run.termination().reason()).isEqualTo(Reason.SOURCE_UNAVAILABLE);
      assertThat(run.termination().message())
          .startsWith("kernel: http://localhost:1/vmlinuz can't be read: ");
      assertThat(run.exitCode()).isEqualTo(3);
      assertThat(run.everything()).doesNotContain(HUSH);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "[]", "{\"version\": 4}", "{\"version\": 3}", "{\"version\": 2}"})
  void aPlanThatCanNotBeReadEndsWithASentence(String plan, @TempDir Path folder)
      throws IOException {
    try (var bench = new Workbench(folder)) {
      var run = bench.run(plan);

      assertThat(run.termination().reason()).isEqualTo(Reason.INTERNAL_ERROR);
      assertThat(run.termination().message()).startsWith("the plan can't be read: ");
      assertThat(run.exitCode()).isEqualTo(3);
      assertThat(run.output()).isEmpty();
    }
  }

  @Test
  void aPlanThatSomebodyElseMadeIsNotBuilt(@TempDir Path folder) throws IOException {
    try (var bench = new Workbench(folder)) {
      var plan = folder.resolve("plan.json");
      var termination = folder.resolve("termination");
      Files.write(plan, Wire.write(bench.plan(inline(PartName.ROOTFS, "root"))));
      int exitCode =
          Main.run(
              plan,
              "sha256:" + "0".repeat(64),
              termination,
              bench.mounts(),
              Workbench.SETTINGS,
              Workbench.RETRIES,
              new PrintStream(PrintStream.nullOutputStream(), true, StandardCharsets.UTF_8));

      assertThat(exitCode).isEqualTo(3);
      assertThat(termination).content().contains("the plan is not the operator's");
      assertThat(bench.registry.manifests).isEmpty();
    }
  }

  @Test
  void aMissingPlanEndsWithASentence(@TempDir Path folder) {
    var termination = folder.resolve("termination");
    int exitCode =
        Main.run(
            folder.resolve("none.json"),
            "sha256:" + "0".repeat(64),
            termination,
            new Mounts(folder),
            Workbench.SETTINGS,
            Workbench.RETRIES,
            new PrintStream(PrintStream.nullOutputStream(), true, StandardCharsets.UTF_8));

    assertThat(exitCode).isEqualTo(3);
    assertThat(termination).content().contains("the plan can't be read: ");
  }

  @Test
  void anUnwritableTerminationMessageDoesNotChangeTheOutcome(@TempDir Path folder)
      throws IOException {
    try (var bench = new Workbench(folder)) {
      var plan = folder.resolve("plan.json");
      var json = Wire.write(bench.plan(inline(PartName.ROOTFS, "root")));
      Files.write(plan, json);
      int exitCode =
          Main.run(
              plan,
              Digest.of(json).toString(),
              folder.resolve("no/such/folder"),
              bench.mounts(),
              Workbench.SETTINGS,
              Workbench.RETRIES,
              new PrintStream(PrintStream.nullOutputStream(), true, StandardCharsets.UTF_8));

      assertThat(exitCode).isZero();
      assertThat(bench.registry.manifests).containsKey("latest-amd64");
    }
  }

  @Test
  void aLongSentenceFitsIntoWhatKubeletKeeps(@TempDir Path folder) throws IOException {
    try (var bench = new Workbench(folder)) {
      bench.serve("/" + "x".repeat(1500), () -> new MockResponse.Builder().code(404).build());
      var run =
          bench.run(
              bench.plan(
                  bench.fetched(
                      PartName.KERNEL, "/" + "x".repeat(1500), Digest.of(bytes("a kernel")))));

      assertThat(Files.size(folder.resolve("termination"))).isLessThanOrEqualTo(1024);
      assertThat(run.termination().reason()).isEqualTo(Reason.SOURCE_NOT_FOUND);
      assertThat(run.exitCode()).isEqualTo(2);
    }
  }
}
