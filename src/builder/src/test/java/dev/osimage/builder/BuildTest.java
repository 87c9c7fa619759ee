package dev.osimage.builder;

import static dev.osimage.builder.Workbench.bytes;
import static dev.osimage.builder.Workbench.inline;
import static dev.osimage.builder.Workbench.mediaType;
import static dev.osimage.builder.Workbench.source;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Reason;
import dev.osimage.image.BuilderLine.PublishedPart;
import dev.osimage.image.PartName;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.SocketEffect;
import okio.Buffer;
import okio.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a build leaves in the registry, and what it says when it can't. */
@Timeout(60)
class BuildTest {

  private static final String KERNEL = "a kernel";
  private static final Digest KERNEL_DIGEST = Digest.of(bytes(KERNEL));

  private final Workbench bench;

  BuildTest(@TempDir Path folder) throws IOException {
    bench = new Workbench(folder);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private void assertNothingPublished() {
    assertThat(bench.registry.manifests).isEmpty();
    assertThat(bench.registry.requests("PUT manifests")).isEmpty();
  }

  private void assertNothingCommitted() {
    assertNothingPublished();
    assertThat(bench.registry.blobs.keySet())
        .as("only the config may be there")
        .isSubsetOf(Digest.of(bytes("{\"commandLine\":\"ro\"}")).toString());
  }

  @Test
  void blobsComeBeforeTheManifestAndTheTagsComeLast() {
    var plan = bench.plan(inline(PartName.ROOTFS, "root"), bench.fetched(PartName.KERNEL, KERNEL));
    var run = bench.run(plan);
    var digest = run.result().digest().toString();
    var puts = bench.registry.requests("PUT");

    assertThat(run.exitCode()).isZero();
    assertThat(puts.subList(0, 3)).containsOnly("PUT blobs/uploads");
    assertThat(puts.subList(3, puts.size()))
        .containsExactly(
            "PUT manifests/" + digest,
            "PUT manifests/osimage-abcdef0123456789",
            "PUT manifests/1.0-amd64",
            "PUT manifests/latest-amd64");
    assertThat(Set.copyOf(bench.registry.manifests.values())).hasSize(1);
  }

  @Test
  void theResultDescribesThePartsInTheOrderOfTheirLayers() {
    var run =
        bench.run(
            bench.plan(inline(PartName.ROOTFS, "root"), bench.fetched(PartName.KERNEL, KERNEL)));
    var manifest = bench.registry.manifests.getOrDefault("latest-amd64", ByteString.EMPTY);

    assertThat(run.result().parts())
        .containsExactly(
            new PublishedPart(
                PartName.ROOTFS, mediaType(PartName.ROOTFS), Digest.of(bytes("root")), 4),
            new PublishedPart(PartName.KERNEL, mediaType(PartName.KERNEL), KERNEL_DIGEST, 8));
    assertThat(run.result().digest()).isEqualTo(Digest.of(manifest.toByteArray()));
    assertThat(manifest.utf8()).contains(KERNEL_DIGEST.toString());
    assertThat(run.termination().reason()).isEqualTo(Reason.SUCCEEDED);
    assertThat(run.termination().digest()).isEqualTo(run.result().digest());
  }

  @Test
  void theSamePlanAgainSendsNoByteTwiceAndGivesTheSameDigest() {
    var plan = bench.plan(inline(PartName.ROOTFS, "root"), bench.fetched(PartName.KERNEL, KERNEL));
    var first = bench.run(plan).result();
    bench.registry.requests.clear();
    bench.serve("/kernel", () -> new MockResponse.Builder().code(500).build());
    var second = bench.run(plan).result();

    assertThat(bench.registry.requests("POST")).isEmpty();
    assertThat(bench.registry.requests("PATCH")).isEmpty();
    assertThat(second.digest()).isEqualTo(first.digest());
    assertThat(second.parts()).isEqualTo(first.parts());
  }

  @Test
  void threePartsAreSentAtATime() {
    var three = new CountDownLatch(3);
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    var committed = ConcurrentHashMap.<String>newKeySet();
    var parts =
        Arrays.stream(PartName.values())
            .map(name -> {
              bench.serve(
                  "/" + name.text(),
                  () -> {
                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                    three.countDown();
                    await(three);
                    return new MockResponse.Builder().body(name.text()).build();
                  });
              return bench.fetched(name, "/" + name.text(), Digest.of(bytes(name.text())));
            })
            .toArray(Workbench.Input[]::new);
    var digests = Arrays.stream(parts).map(p -> p.digest().toString()).collect(Collectors.toSet());
    bench.registry.onCommit(digest -> {
      if (digests.contains(digest) && committed.add(digest)) {
        now.decrementAndGet();
      }
    });

    assertThat(bench.run(bench.plan(parts)).exitCode()).isZero();
    assertThat(committed).hasSize(6);
    assertThat(most.get()).isEqualTo(3);
  }

  @Test
  void aWrongDigestIsNeverPublished() {
    bench.serve("/kernel", "something else");
    var run =
        bench.run(bench.plan(bench.fetched(PartName.KERNEL, "/kernel?token=hush", KERNEL_DIGEST)));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.termination().reason()).isEqualTo(Reason.DIGEST_MISMATCH);
    assertThat(run.termination().message())
        .isEqualTo(
            "kernel: expected %s, found %s (14 bytes); correct the digest or the file"
                .formatted(KERNEL_DIGEST, Digest.of(bytes("something else"))));
    assertThat(bench.registry.blobs).doesNotContainKey(KERNEL_DIGEST.toString());
    assertNothingCommitted();
    assertThat(bench.registry.requests("DELETE blobs/uploads")).as("upload dropped").hasSize(1);
  }

  @Test
  void oneFailedPartEndsTheOthers() {
    bench.serve("/kernel", "something else");
    bench.serve(
        "/rootfs",
        () ->
            new MockResponse.Builder()
                .body("x".repeat(100_000))
                .throttleBody(100, 1, TimeUnit.SECONDS)
                .build());
    var run =
        bench.run(
            bench.plan(
                bench.fetched(PartName.ROOTFS, "/rootfs", Digest.of(bytes("y"))),
                bench.fetched(PartName.KERNEL, "/kernel", KERNEL_DIGEST)));

    assertThat(run.termination().reason()).isEqualTo(Reason.DIGEST_MISMATCH);
    assertThat(run.time()).isLessThan(Duration.ofSeconds(20));
    assertNothingCommitted();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSourceThatIsCutOffIsNotTakenForAWrongDigest(boolean withLength) {
    var content = "x".repeat(300_000);
    bench.serve(
        "/kernel",
        () -> {
          var answer = new MockResponse.Builder();
          if (withLength) {
            answer.body(content);
          } else {
            answer.chunkedBody(new Buffer().writeUtf8(content), 1000);
          }
          return answer.onResponseBody(new SocketEffect.CloseSocket()).build();
        });
    var run =
        bench.run(bench.plan(bench.fetched(PartName.KERNEL, "/kernel?token=hush", KERNEL_DIGEST)));

    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.termination().reason()).isEqualTo(Reason.SOURCE_UNAVAILABLE);
    assertThat(run.termination().message())
        .startsWith("kernel: " + bench.url("/kernel") + " can't be read: ");
    assertThat(run.everything()).doesNotContain("hush");
    assertNothingCommitted();
  }

  @Test
  void aServerToWhichASourceRedirectsHasToGiveItWithoutCredentials() throws IOException {
    try (var other = new MockWebServer()) {
      other.enqueue(new MockResponse.Builder().code(401).build());
      other.start();
      var there = other.url("/there").toString();
      bench.serve(
          "/kernel",
          () -> new MockResponse.Builder().code(302).addHeader("Location", there).build());
      var run = bench.run(bench.plan(bench.fetched(PartName.KERNEL, "/kernel", KERNEL_DIGEST)));

      assertThat(run.termination().reason()).isEqualTo(Reason.SOURCE_REFUSED);
      assertThat(run.termination().message())
          .contains("it redirects to localhost:" + other.getPort());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "404, SourceNotFound, 2",
    "410, SourceNotFound, 2",
    "401, SourceRefused, 2",
    "403, SourceRefused, 2",
    "206, SourceRefused, 2",
    "429, SourceUnavailable, 3",
    "500, SourceUnavailable, 3",
    "502, SourceUnavailable, 3",
    "503, SourceUnavailable, 3"
  })
  void aSourceThatAnswersOtherwiseIsNamedWithItsStatus(int status, String reason, int exitCode) {
    bench.serve("/kernel", () -> new MockResponse.Builder().code(status).build());
    var run =
        bench.run(bench.plan(bench.fetched(PartName.KERNEL, "/kernel?token=hush", KERNEL_DIGEST)));

    assertThat(run.termination().reason().text()).isEqualTo(reason);
    assertThat(run.termination().message())
        .startsWith("kernel: " + bench.url("/kernel") + " answers HTTP " + status);
    assertThat(run.exitCode()).isEqualTo(exitCode);
    assertThat(run.everything()).doesNotContain("hush");
    assertNothingCommitted();
  }

  @ParameterizedTest
  @CsvSource({
    "401, CredentialsMissing, 2",
    "403, CredentialsMissing, 2",
    "405, RegistryRefused, 2",
    "413, RegistryRefused, 2",
    "429, RegistryUnavailable, 3",
    "500, RegistryUnavailable, 3",
    "503, RegistryUnavailable, 3"
  })
  void aRegistryThatRefusesIsQuoted(int status, String reason, int exitCode) {
    bench.registry.answer("POST blobs/uploads", FakeRegistry.error(status, "DENIED", "no, thanks"));
    var run = bench.run(bench.plan(bench.fetched(PartName.KERNEL, KERNEL)));

    assertThat(run.termination().reason().text()).isEqualTo(reason);
    assertThat(run.termination().message())
        .endsWith(
            "starting an upload at %s failed: HTTP %d (DENIED no, thanks)"
                .formatted(bench.repository().host(), status));
    assertThat(run.exitCode()).isEqualTo(exitCode);
    assertNothingCommitted();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HEAD blobs/%s",
        "PATCH blobs/uploads",
        "PUT blobs/uploads",
        "PUT manifests/osimage-abcdef0123456789",
        "PUT manifests/latest-amd64"
      })
  void aRegistryThatFailsAtAnyStepIsTriedAgainWithoutSendingTwice(String step) {
    var failing = step.formatted(KERNEL_DIGEST);
    var plan = bench.plan(bench.fetched(PartName.KERNEL, KERNEL));
    bench.registry.answer(failing, FakeRegistry.error(503, "UNAVAILABLE", ""));
    var failed = bench.run(plan);
    boolean present = bench.registry.blobs.containsKey(KERNEL_DIGEST.toString());
    bench.registry.recover();
    bench.registry.requests.clear();

    assertThat(failed.termination().reason()).isEqualTo(Reason.REGISTRY_UNAVAILABLE);
    assertThat(bench.run(plan).exitCode()).isZero();
    assertThat(bench.registry.requests("PATCH").isEmpty()).isEqualTo(present);
    assertThat(bench.registry.manifests).hasSize(4);
  }

  @Test
  void whatIsNoKernelIsNotSent() {
    bench.serve("/kernel", "<html>an error page</html>");
    var digest = Digest.of(bytes("<html>an error page</html>"));
    var run = bench.run(bench.plan(source(PartName.KERNEL, bench.url("/kernel"), digest, true)));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.termination().reason()).isEqualTo(Reason.NOT_BOOTABLE);
    assertThat(run.termination().message()).startsWith("kernel is not a Linux kernel for amd64: ");
    assertThat(bench.registry.requests("PATCH")).hasSize(1);
    assertNothingCommitted();
  }

  @Test
  void aKernelThatWasLookedAtIsSentWhole() {
    var kernel = new byte[600_001];
    new Random(1).nextBytes(kernel);
    kernel[0x1fe] = 0x55;
    kernel[0x1ff] = (byte) 0xaa;
    System.arraycopy(bytes("HdrS"), 0, kernel, 0x202, 4);
    kernel[0x236] = 1;
    bench.serve(
        "/kernel", () -> new MockResponse.Builder().body(new Buffer().write(kernel)).build());
    var part = source(PartName.KERNEL, bench.url("/kernel"), Digest.of(kernel), true);
    var first = bench.run(bench.plan(part));
    var second = bench.run(bench.plan(part));

    assertThat(first.termination().message()).isEmpty();
    assertThat(bench.registry.blobs)
        .containsEntry(Digest.of(kernel).toString(), ByteString.of(kernel));
    assertThat(second.result().parts()).isEqualTo(first.result().parts());
  }

  @Test
  void whatIsNoKernelIsRefusedEvenWhenTheRegistryHasItAlready() {
    bench.registry.add("<html>an error page</html>");
    var digest = Digest.of(bytes("<html>an error page</html>"));
    var checked = source(PartName.KERNEL, bench.url("/kernel"), digest, true);

    assertThat(bench.run(bench.plan(checked)).termination().reason())
        .isEqualTo(Reason.NOT_BOOTABLE);
    assertNothingPublished();
    assertThat(
            bench
                .run(bench.plan(source(PartName.KERNEL, bench.url("/kernel"), digest, false)))
                .exitCode())
        .as("with the check off")
        .isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"headers", "body"})
  void aSourceThatStallsEndsWithTheTimeoutOfTheBuild(String where) {
    bench.serve(
        "/kernel",
        () -> {
          var answer = new MockResponse.Builder().body("x".repeat(1_000_000));
          return where.equals("headers")
              ? answer.headersDelay(30, TimeUnit.SECONDS).build()
              : answer.throttleBody(1000, 30, TimeUnit.SECONDS).build();
        });
    var run = bench.run(bench.plan(1, bench.fetched(PartName.KERNEL, "/kernel", KERNEL_DIGEST)));

    assertTimeout(run);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST blobs/uploads", "PUT blobs/uploads", "PUT manifests/latest-amd64"})
  void aRegistryThatStallsEndsWithTheTimeoutOfTheBuild(String step) {
    bench.registry.answer(
        step, new MockResponse.Builder().code(201).headersDelay(30, TimeUnit.SECONDS).build());
    var run = bench.run(bench.plan(1, bench.fetched(PartName.KERNEL, KERNEL)));

    assertTimeout(run);
  }

  private static void assertTimeout(Workbench.Run run) {
    assertThat(run.termination().reason()).isEqualTo(Reason.BUILD_TIMEOUT);
    assertThat(run.termination().message())
        .isEqualTo("the build did not end within 1 s (spec.timeout)");
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.time()).isBetween(Duration.ofMillis(900), Duration.ofSeconds(8));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
