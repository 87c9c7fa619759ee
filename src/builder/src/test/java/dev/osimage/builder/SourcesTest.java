package dev.osimage.builder;

import static dev.osimage.builder.Workbench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Architecture;
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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import okio.Buffer;
import okio.ByteString;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of a source: archives, compression, credentials, private authorities, cuts. */
@Timeout(60)
class SourcesTest {

  private static final String ROOT = "a root file system, ".repeat(5000);

  private final Workbench bench;
  private final Path folder;

  SourcesTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.bench = new Workbench(folder);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private static byte[] compressed(Compression compression, byte[] content) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var stream = compression.compress(out)) {
      stream.write(content);
    }
    return out.toByteArray();
  }

  private static byte[] tar(Map<String, byte[]> members) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(out)) {
      for (var member : members.entrySet()) {
        var entry = new TarArchiveEntry(member.getKey());
        entry.setSize(member.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(member.getValue());
        tar.closeArchiveEntry();
      }
    }
    return out.toByteArray();
  }

  private static MockResponse response(byte[] content) {
    return new MockResponse.Builder().body(new Buffer().write(content)).build();
  }

  private PlannedSource.Http served(byte[] content) {
    bench.serve("/source", () -> response(content));
    return new PlannedSource.Http(bench.url("/source"), Digest.of(content), null, null);
  }

  private static PlannedPart part(
      PartName name, @Nullable String path, Compression compression, @Nullable Digest digest) {
    return new PlannedPart(name, Workbench.mediaType(name), 0, path, compression, digest, false);
  }

  private BuildPlan plan(PlannedSource source, PlannedPart... parts) {
    return new BuildPlan(
        BuildPlan.VERSION,
        Architecture.AMD64,
        "abcdef0123456789".repeat(4),
        new BuildPlan.Config("application/vnd.example.config", "{}", Map.of()),
        List.of(source),
        List.of(parts),
        Map.of(),
        new PlannedDestination(bench.repository(), List.of("1"), true, null, null),
        PlannedNetwork.PLAIN,
        60,
        0,
        List.of());
  }

  private String blob(Digest digest) {
    return bench.registry.blobs.getOrDefault(digest.toString(), ByteString.EMPTY).utf8();
  }

  private static void assertFails(Workbench.Run run, Reason reason, String message) {
    assertThat(run.termination().reason()).isEqualTo(reason);
    assertThat(run.termination().message()).contains(message);
  }

  private void assertNothingPublished() {
    assertThat(bench.registry.manifests).isEmpty();
    assertThat(bench.registry.blobs.keySet())
        .as("only the config may be there")
        .isSubsetOf(Digest.of(bytes("{}")).toString());
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "XZ", "ZSTD"})
  void aCompressedPartIsPublishedDecompressed(Compression compression) throws IOException {
    var source = served(compressed(compression, bytes(ROOT)));
    var run = bench.run(plan(source, part(PartName.ROOTFS, null, compression, null)));
    var published = Digest.of(bytes(ROOT));

    assertThat(run.result().parts())
        .containsExactly(
            new PublishedPart(
                PartName.ROOTFS, Workbench.mediaType(PartName.ROOTFS), published, ROOT.length()));
    assertThat(blob(published)).isEqualTo(ROOT);
  }

  @Test
  void severalPartsOfOneArchiveReadItOnce() throws IOException {
    var reads = new AtomicInteger();
    var archive =
        compressed(
            Compression.GZIP,
            tar(
                Map.of(
                    "./boot/vmlinuz",
                    bytes("a kernel"),
                    "root.raw.xz",
                    compressed(Compression.XZ, bytes(ROOT)),
                    "other",
                    bytes("nobody wants it"))));
    bench.serve(
        "/source",
        () -> {
          reads.incrementAndGet();
          return response(archive);
        });
    var source = new PlannedSource.Http(bench.url("/source"), Digest.of(archive), null, null);
    var run =
        bench.run(
            plan(
                source,
                part(PartName.ROOTFS, "root.raw.xz", Compression.XZ, null),
                part(PartName.KERNEL, "boot/vmlinuz", Compression.NONE, null)));

    assertThat(run.result().parts())
        .extracting(PublishedPart::digest)
        .containsExactly(Digest.of(bytes(ROOT)), Digest.of(bytes("a kernel")));
    assertThat(reads).hasValue(1);
  }

  @Test
  void twoPartsMayTakeOneFileOfAnArchiveInTwoWays() throws IOException {
    var packed = compressed(Compression.GZIP, bytes("payload"));
    var source = served(tar(Map.of("file.gz", packed)));
    var run =
        bench.run(
            plan(
                source,
                part(PartName.ROOTFS, "file.gz", Compression.GZIP, null),
                part(PartName.INITRAMFS, "file.gz", Compression.NONE, null)));

    assertThat(run.result().parts())
        .extracting(PublishedPart::digest)
        .containsExactly(Digest.of(bytes("payload")), Digest.of(packed));
  }

  @Test
  void nothingOfASourceWithAnotherDigestBecomesVisible() throws IOException {
    var archive = tar(Map.of("kernel", bytes("a kernel")));
    bench.serve("/source", () -> response(archive));
    var expected = Digest.of(bytes("something else"));
    var source = new PlannedSource.Http(bench.url("/source"), expected, null, null);
    var run = bench.run(plan(source, part(PartName.KERNEL, "kernel", Compression.NONE, null)));

    assertFails(
        run,
        Reason.DIGEST_MISMATCH,
        "the bytes at http.url have digest %s, http.digest expects %s"
            .formatted(Digest.of(archive), expected));
    assertNothingPublished();
  }

  @Test
  void anErrorPageInThePlaceOfAnArchiveIsFoundByItsDigest() throws IOException {
    bench.serve("/source", "<html>Sign in</html>");
    var source =
        new PlannedSource.Http(bench.url("/source"), Digest.of(bytes("a tar")), null, null);
    var run = bench.run(plan(source, part(PartName.KERNEL, "kernel", Compression.NONE, null)));

    assertFails(run, Reason.DIGEST_MISMATCH, "correct the digest or the file");
    assertNothingPublished();
  }

  @Test
  void aPartWithAnotherDigestThanStatedIsNotPublished() throws IOException {
    var source = served(compressed(Compression.GZIP, bytes(ROOT)));
    var stated = Digest.of(bytes("another root"));
    var run = bench.run(plan(source, part(PartName.ROOTFS, null, Compression.GZIP, stated)));

    assertFails(run, Reason.DIGEST_MISMATCH, "rootfs: expected " + stated);
    assertNothingPublished();
  }

  @Test
  void aPartWhoseDigestIsStatedAndThatIsThereIsNotFetched() throws IOException {
    bench.registry.add(ROOT);
    var source = new PlannedSource.Http(bench.url("/gone"), Digest.of(bytes("any")), null, null);
    var stated = Digest.of(bytes(ROOT));
    var run = bench.run(plan(source, part(PartName.ROOTFS, null, Compression.XZ, stated)));

    assertThat(run.exitCode()).isZero();
    assertThat(bench.registry.requests("POST")).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(value = Compression.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void contentThatIsNotCompressedAsSaidIsTheUsersToCorrect(Compression compression) {
    var run = bench.run(plan(served(bytes(ROOT)), part(PartName.ROOTFS, null, compression, null)));

    assertThat(run.exitCode()).isEqualTo(2);
    assertFails(run, Reason.INVALID_CONTENT, "rootfs: ");
    assertNothingPublished();
  }

  @Test
  void aMemberThatIsNotThereIsNamed() throws IOException {
    var source = served(tar(Map.of("boot/vmlinuz-6.1", bytes("a kernel"))));
    var run =
        bench.run(plan(source, part(PartName.KERNEL, "boot/vmlinuz", Compression.NONE, null)));

    assertFails(run, Reason.INVALID_CONTENT, "boot/vmlinuz");
    assertThat(run.exitCode()).isEqualTo(2);
    assertNothingPublished();
  }

  @Test
  void aCutDownloadGoesOnWhereItWasCut() throws IOException {
    var content = bytes(ROOT);
    var requests = new AtomicInteger();
    bench.serve(
        "/source",
        () ->
            requests.incrementAndGet() == 1
                ? new MockResponse.Builder()
                    .body(new Buffer().write(content))
                    .setHeader("ETag", "\"1\"")
                    .onResponseBody(new SocketEffect.CloseSocket())
                    .build()
                : response(content).newBuilder().setHeader("ETag", "\"1\"").build());
    var source = new PlannedSource.Http(bench.url("/source"), Digest.of(content), null, null);
    var run =
        bench.run(plan(source, part(PartName.ROOTFS, null, Compression.NONE, Digest.of(content))));

    assertThat(run.exitCode()).isZero();
    assertThat(requests).hasValue(2);
    assertThat(bench.registry.requests("POST"))
        .as("config and part, each once: the upload never noticed")
        .hasSize(2);
  }

  @Test
  void aPrivateAuthorityIsTrustedWhereItIsNamedAndNowhereElse() throws IOException {
    var authority = new HeldCertificate.Builder().certificateAuthority(0).build();
    var certificate =
        new HeldCertificate.Builder()
            .signedBy(authority)
            .addSubjectAlternativeName("localhost")
            .build();
    var tls = new HandshakeCertificates.Builder().heldCertificate(certificate).build();
    var digest = Digest.of(bytes(ROOT));
    try (var web = Workbench.tlsServer(tls.sslSocketFactory(), response(bytes(ROOT)))) {
      var url = "https://localhost:" + web.getPort() + "/root";
      var rootfs = part(PartName.ROOTFS, null, Compression.NONE, digest);

      var refused = bench.run(plan(new PlannedSource.Http(url, digest, null, null), rootfs));
      assertFails(refused, Reason.UNTRUSTED_CERTIFICATE, "name its authority in http.caBundleRef");

      var named = new PlannedSource.Http(url, digest, null, "private");
      assertFails(
          bench.run(plan(named, rootfs)),
          Reason.CA_BUNDLE_UNUSABLE,
          "the ConfigMap in http.caBundleRef of rootfs does not exist, or has no key ca.crt");

      var bundle = Files.createDirectories(bench.mounts().caBundle("private"));
      Files.writeString(bundle.resolve("ca.crt"), "not a certificate");
      assertFails(bench.run(plan(named, rootfs)), Reason.CA_BUNDLE_UNUSABLE, "can't be used");

      Files.writeString(
          bundle.resolve("ca.crt"), authority.certificatePem(), StandardCharsets.US_ASCII);
      assertThat(bench.run(plan(named, rootfs)).exitCode()).isZero();
    }
  }

  @Test
  void aLocalFileIsASourceToo() throws IOException {
    var file = Files.writeString(folder.resolve("root.raw"), ROOT);
    var run =
        bench.run(
            plan(
                new PlannedSource.Local(file.toString(), null),
                part(PartName.ROOTFS, null, Compression.NONE, null)));

    assertThat(run.result().parts().getFirst().digest()).isEqualTo(Digest.of(bytes(ROOT)));
  }
}
