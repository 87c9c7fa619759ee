package dev.osimage.builder;

import static dev.osimage.builder.Workbench.bytes;
import static dev.osimage.builder.Workbench.inline;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildPlan.PlannedDestination;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.image.BuilderLine.PublishedPart;
import dev.osimage.image.PartName;
import dev.osimage.image.PlannedNetwork;
import dev.osimage.image.PlannedSource;
import dev.osimage.oci.Digest;
import dev.osimage.oci.content.Compression;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Quirk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import okio.Buffer;
import okio.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Mirrors of sources: asked first, trusted with nothing, and never the reason why a build fails.
 */
@Timeout(60)
class MirrorsTest {

  private static final String ROOT = "a root file system, ".repeat(20_000);
  private static final String OTHER = "something else ".repeat(30_000);
  private static final String FILE = "/releases/root.raw";

  private final Workbench bench;
  private final MockWebServer mirror = new MockWebServer();
  private final List<RecordedRequest> asked = new CopyOnWriteArrayList<>();
  private volatile MockResponse answer = response(bytes(ROOT));

  MirrorsTest(@TempDir Path folder) throws IOException {
    bench = new Workbench(folder);
    mirror.setDispatcher(
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            asked.add(request);
            return answer;
          }
        });
    mirror.start();
  }

  @AfterEach
  void close() {
    mirror.close();
    bench.close();
  }

  private static MockResponse response(byte[] content) {
    return new MockResponse.Builder().body(new Buffer().write(content)).build();
  }

  private static MockResponse status(int code) {
    return new MockResponse.Builder().code(code).build();
  }

  private String mirrorUrl() {
    return "http://localhost:" + mirror.getPort() + FILE;
  }

  /** A plan whose one source has these mirrors. */
  private static BuildPlan mirrored(BuildPlan plan, String... mirrors) {
    var source = (PlannedSource.Http) plan.sources().getFirst();
    return plan.withNetwork(
        new PlannedNetwork(plan.network().caBundle(), Map.of(source.url(), List.of(mirrors))));
  }

  private Workbench.Input root() {
    return bench.fetched(PartName.ROOTFS, FILE + "?token=hush", Digest.of(bytes(ROOT)));
  }

  private String published() {
    var digest = Digest.of(bytes(ROOT)).toString();
    return bench.registry.blobs.getOrDefault(digest, ByteString.EMPTY).utf8();
  }

  @Test
  void aSourceIsReadFromItsMirrorAndNotAskedItself() {
    bench.serve(FILE, ROOT);
    var run = bench.run(mirrored(bench.plan(root()), mirrorUrl()));

    assertThat(run.exitCode()).isZero();
    assertThat(published()).isEqualTo(ROOT);
    assertThat(asked).hasSize(1);
    assertThat(bench.sourceRequests()).isZero();
  }

  @Test
  void noMirrorEverGetsCredentials() throws IOException {
    bench.serve(FILE, ROOT);
    bench.protect(FILE, Map.of("Authorization", "Bearer s3cr3t", "X-Key", "s3cr3t"));
    bench.mount("web", Map.of("token", "s3cr3t", "header.X-Key", "s3cr3t"));
    answer = status(401);
    var run = bench.run(mirrored(bench.plan(root().withSecret("web")), mirrorUrl()));

    assertThat(run.exitCode()).as("its own server gets them").isZero();
    assertThat(asked).hasSize(1);
    assertThat(asked.getFirst().getHeaders().toString()).doesNotContain("s3cr3t", "X-Key");
    assertThat(asked.getFirst().getTarget()).isEqualTo(FILE);
    assertThat(run.log()).contains("answers HTTP 401: mirrors get no credentials");
    assertThat(run.everything()).doesNotContain("s3cr3t", "hush");
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(status(404), "answers HTTP 404"),
        Arguments.of(status(403), "answers HTTP 403"),
        Arguments.of(status(500), "answers HTTP 500"),
        Arguments.of(
            status(503).newBuilder().setHeader("Retry-After", "1000").build(), "answers HTTP 503"),
        Arguments.of(
            status(302).newBuilder().setHeader("Location", "http://169.254.169.254/x").build(),
            "leads to the private address"),
        Arguments.of(
            new MockResponse.Builder().onResponseStart(new SocketEffect.CloseSocket()).build(),
            "can't be read"),
        Arguments.of(
            response(bytes(ROOT))
                .newBuilder()
                .onResponseBody(new SocketEffect.CloseSocket())
                .build(),
            "can't be read"),
        Arguments.of(response(bytes("")), "found sha256:"),
        Arguments.of(response(bytes(OTHER)), "found " + Digest.of(bytes(OTHER))));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void whateverFailsAtAMirrorIsOneLineInTheLogAndTheNextPlaceIsAsked(
      MockResponse failure, String words) {
    bench.serve(FILE, ROOT);
    answer = failure;
    var run = bench.run(mirrored(bench.plan(root()), mirrorUrl()));

    assertThat(run.exitCode()).isZero();
    assertThat(published()).isEqualTo(ROOT);
    assertThat(bench.registry.blobs).as("config and part").hasSize(2);
    assertThat(run.log().lines().filter(line -> line.contains("is no use")))
        .singleElement()
        .asString()
        .startsWith("the mirror " + mirrorUrl() + " is no use: rootfs: ")
        .contains(words)
        .endsWith("going on with " + bench.url(FILE));
  }

  @Test
  void theUploadOfWrongBytesIsTakenBack() {
    bench.serve(FILE, ROOT);
    answer = response(bytes(OTHER));
    bench.run(mirrored(bench.plan(root()), mirrorUrl()));

    assertThat(bench.registry.requests("DELETE blobs/uploads")).hasSize(1);
    assertThat(bench.registry.requests("PUT blobs/uploads")).as("config and part").hasSize(2);
  }

  @Test
  void mirrorsAreAskedInTheirOrderUntilOneHasTheFile() throws IOException {
    answer = status(404);
    bench.serve("/second", OTHER);
    bench.serve("/third", ROOT);
    var run =
        bench.run(
            mirrored(
                bench.plan(root()),
                mirrorUrl(),
                "http://localhost:1/refused",
                bench.url("/second"),
                bench.url("/third")));

    assertThat(run.exitCode()).isZero();
    assertThat(published()).isEqualTo(ROOT);
    assertThat(run.log())
        .containsSubsequence(
            mirrorUrl() + " is no use",
            "localhost:1/refused is no use",
            "/second is no use",
            "going on with " + bench.url("/third"));
  }

  @Test
  void whatFailsAtTheSourceItselfIsWhatTheBuildFailsOf() {
    answer = response(bytes(OTHER));
    var run = bench.run(mirrored(bench.plan(root()), mirrorUrl()));

    assertThat(run.termination().reason()).isEqualTo(Reason.SOURCE_NOT_FOUND);
    assertThat(run.termination().message())
        .contains(bench.url(FILE))
        .doesNotContain(mirrorUrl(), "mirror");
    assertThat(bench.registry.manifests).isEmpty();
  }

  @Test
  void aMirrorThatWasNoUseIsNotAskedAgainWhenTheSourceHasToBe() {
    var requests = new AtomicInteger();
    bench.serve(FILE, () -> requests.incrementAndGet() == 1 ? status(503) : response(bytes(ROOT)));
    answer = status(404);
    var run = bench.run(mirrored(bench.plan(root()), mirrorUrl()));

    assertThat(run.exitCode()).isZero();
    assertThat(requests).hasValue(2);
    assertThat(asked).hasSize(1);
  }

  @Test
  void whatFailsAtTheRegistryIsNoReasonToLeaveAMirror() {
    bench.serve(FILE, ROOT);
    bench.registry.answer("PATCH blobs/uploads", FakeRegistry.error(503, "UNAVAILABLE", ""));
    var run = bench.run(mirrored(bench.plan(root(), inline(PartName.KERNEL, "k")), mirrorUrl()));

    assertThat(run.termination().reason()).isEqualTo(Reason.REGISTRY_UNAVAILABLE);
    assertThat(run.log()).doesNotContain("is no use");
    assertThat(bench.sourceRequests()).isZero();
  }

  @Test
  void aBuildWhoseTimeIsOverAsksNobodyElse() {
    bench.serve(FILE, ROOT);
    answer = new MockResponse.Builder().body(ROOT).throttleBody(1, 1, TimeUnit.SECONDS).build();
    var run = bench.run(mirrored(bench.plan(1, root()), mirrorUrl()));

    assertThat(run.termination().reason()).isEqualTo(Reason.BUILD_TIMEOUT);
    assertThat(run.log()).doesNotContain("is no use");
    assertThat(bench.sourceRequests()).isZero();
  }

  private static byte[] gzip(String content) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var stream = Compression.GZIP.compress(out)) {
      stream.write(bytes(content));
    }
    return out.toByteArray();
  }

  /** One part whose digest only the builder finds out. */
  private BuildPlan decompressed(byte[] compressed) {
    var source = new PlannedSource.Http(bench.url(FILE), Digest.of(compressed), null, null);
    var part =
        new PlannedPart(
            PartName.ROOTFS,
            Workbench.mediaType(PartName.ROOTFS),
            0,
            null,
            Compression.GZIP,
            null,
            false);
    return Workbench.with(bench.plan(root()), List.of(source), List.of(part));
  }

  static Stream<byte[]> wrongArchives() throws IOException {
    return Stream.of(gzip(OTHER), bytes("<html>Sign in</html>"), new byte[0]);
  }

  @ParameterizedTest
  @MethodSource("wrongArchives")
  void whatAMirrorServesInPlaceOfACompressedFileIsNotPublished(byte[] wrong) throws IOException {
    var right = gzip(ROOT);
    bench.serve(FILE, () -> response(right));
    answer = response(wrong);
    var run = bench.run(mirrored(decompressed(right), mirrorUrl()));

    assertThat(run.result().parts())
        .extracting(PublishedPart::digest)
        .containsExactly(Digest.of(bytes(ROOT)));
    assertThat(bench.registry.blobs).as("config and part").hasSize(2);
  }

  /** Such a registry shows a blob as soon as it was sent, and wants its digest beforehand. */
  @Test
  void whatWasLearnedOfAMirrorsWrongBytesIsForgotten() throws IOException {
    var right = gzip(ROOT);
    bench.serve(FILE, () -> response(right));
    answer = response(gzip(OTHER));
    try (var registry = FaultRegistry.start(Quirk.NO_PATCH)) {
      var plan =
          Workbench.to(
              new PlannedDestination(registry.repository(), List.of("1"), true, null, null),
              decompressed(right));
      var run = bench.run(mirrored(plan, mirrorUrl()));

      assertThat(run.result().parts())
          .extracting(PublishedPart::digest)
          .containsExactly(Digest.of(bytes(ROOT)));
      assertThat(registry.blob(Digest.of(bytes(OTHER)))).isEmpty();
    }
  }

  private static HeldCertificate authority() {
    return new HeldCertificate.Builder().certificateAuthority(0).build();
  }

  private static HandshakeCertificates serverOf(HeldCertificate authority) {
    var certificate =
        new HeldCertificate.Builder()
            .signedBy(authority)
            .addSubjectAlternativeName("localhost")
            .addSubjectAlternativeName("127.0.0.1")
            .build();
    return new HandshakeCertificates.Builder().heldCertificate(certificate).build();
  }

  private static BuildPlan trusting(BuildPlan plan, HeldCertificate authority) {
    return plan.withNetwork(
        new PlannedNetwork(authority.certificatePem(), plan.network().mirrors()));
  }

  @Test
  void theAdministratorsAuthoritiesAreTrustedForMirrorsAndThoseOfTheSpecAreNot()
      throws IOException {
    bench.serve(FILE, ROOT);
    var authority = authority();
    var bundle = Files.createDirectories(bench.mounts().caBundle("private"));
    Files.writeString(bundle.resolve("ca.crt"), authority.certificatePem());
    try (var web =
        Workbench.tlsServer(serverOf(authority).sslSocketFactory(), response(bytes(ROOT)))) {
      var digest = Digest.of(bytes(ROOT));
      var source = new PlannedSource.Http(bench.url(FILE), digest, null, "private");
      var input = new Workbench.Input(PartName.ROOTFS, source, digest, false);
      var plan = mirrored(bench.plan(input), "https://localhost:" + web.getPort() + "/root");

      assertThat(bench.run(plan).log())
          .contains(
              "is not trusted (name its authority in the chart's builder.caBundle)",
              "going on with " + bench.url(FILE));
      bench.registry.blobs.clear();
      assertThat(bench.run(trusting(plan, authority)).log()).doesNotContain("is no use");
    }
  }

  @Test
  void
      theAdministratorsAuthoritiesAreTrustedForRegistriesTokenServersAndSourcesBesidesThoseOfTheSpec()
          throws IOException {
    var ours = authority();
    var theirs = authority();
    var bundle = Files.createDirectories(bench.mounts().caBundle("private"));
    Files.writeString(bundle.resolve("ca.crt"), theirs.certificatePem());
    bench.mount("push", Map.of("username", FaultRegistry.USER, "password", FaultRegistry.PASSWORD));
    var digest = Digest.of(bytes(ROOT));
    try (var registry =
            FaultRegistry.startTls(
                serverOf(ours).sslContext(), Quirk.BEARER, Quirk.TOKENS_ELSEWHERE);
        var mine = Workbench.tlsServer(serverOf(ours).sslSocketFactory(), response(bytes(ROOT)));
        var foreign =
            Workbench.tlsServer(serverOf(theirs).sslSocketFactory(), response(bytes("k")))) {
      var root =
          new PlannedSource.Http(
              "https://localhost:" + mine.getPort() + "/", digest, null, "private");
      var kernel =
          new PlannedSource.Http(
              "https://localhost:" + foreign.getPort() + "/",
              Digest.of(bytes("k")),
              null,
              "private");
      var plan =
          Workbench.to(
              new PlannedDestination(registry.repository(), List.of("1"), false, "push", null),
              bench.plan(
                  new Workbench.Input(PartName.ROOTFS, root, digest, false),
                  new Workbench.Input(PartName.KERNEL, kernel, kernel.digest(), false)));

      assertThat(bench.run(plan).termination().reason()).isEqualTo(Reason.UNTRUSTED_CERTIFICATE);
      assertThat(bench.run(trusting(plan, ours)).termination().message()).isEmpty();
    }
  }
}
