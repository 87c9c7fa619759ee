package dev.osimage.builder;

import static dev.osimage.builder.Workbench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.image.BuildStep;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.FinishedPart;
import dev.osimage.image.PartName;
import dev.osimage.image.PlannedSource;
import dev.osimage.oci.Digest;
import dev.osimage.oci.content.Compression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import mockwebserver3.MockResponse;
import okio.Buffer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A part that an attempt has pushed is not made again by the next one, whoever knew its digest. */
@Timeout(60)
class FinishedPartsTest {

  private static final String MANIFEST = "PUT manifests/osimage-abcdef0123456789";
  private static final String ROOT = "a root file system, ".repeat(5000);

  private final Workbench bench;
  private final byte[] archive;

  FinishedPartsTest(@TempDir Path folder) throws IOException {
    bench = new Workbench(folder);
    archive = archive("<html>an error page</html>", ROOT);
    bench.serve(
        "/archive", () -> new MockResponse.Builder().body(new Buffer().write(archive)).build());
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private static byte[] archive(String kernel, String root) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(Compression.GZIP.compress(out))) {
      for (var content : List.of(kernel, root)) {
        var entry = new TarArchiveEntry(content.equals(kernel) ? "kernel" : "root");
        entry.setSize(content.length());
        tar.putArchiveEntry(entry);
        tar.write(bytes(content));
        tar.closeArchiveEntry();
      }
    }
    return out.toByteArray();
  }

  private BuildPlan plan(boolean checkHeader) {
    var source = new PlannedSource.Http(bench.url("/archive"), Digest.of(archive), null, null);
    return Workbench.with(
        bench.plan(),
        List.of(source),
        List.of(
            part(PartName.KERNEL, "kernel", checkHeader), part(PartName.ROOTFS, "root", false)));
  }

  private static PlannedPart part(PartName name, String path, boolean checkHeader) {
    return new PlannedPart(
        name, Workbench.mediaType(name), 0, path, Compression.NONE, null, checkHeader);
  }

  private Workbench.Run failedAtTheTag() {
    bench.registry.answer(MANIFEST, FakeRegistry.error(503, "UNAVAILABLE", ""));
    var failed = bench.run(plan(false));
    bench.registry.recover();
    bench.registry.requests.clear();
    return failed;
  }

  private FinishedPart root() {
    return new FinishedPart(
        Digest.of(archive), "root", Compression.NONE, Digest.of(bytes(ROOT)), ROOT.length());
  }

  @Test
  void aFailedBuildTellsWhatItHasFinished() {
    var failed = failedAtTheTag();
    var told =
        failed.lines().stream()
            .filter(BuilderLine.PartDone.class::isInstance)
            .map(BuilderLine.PartDone.class::cast)
            .toList();

    assertThat(failed.termination().reason()).isEqualTo(Reason.REGISTRY_UNAVAILABLE);
    assertThat(failed.termination().step()).isEqualTo(BuildStep.TAG);
    assertThat(told)
        .extracting(BuilderLine.PartDone::name)
        .containsExactlyInAnyOrder(PartName.KERNEL, PartName.ROOTFS);
    assertThat(failed.termination().finished())
        .isEqualTo(told.stream().map(BuilderLine.PartDone::part).toList())
        .contains(root());
  }

  @Test
  void theNextAttemptReadsAndSendsNothingOfIt() {
    var failed = failedAtTheTag();
    int requests = bench.sourceRequests();
    var next = bench.run(plan(false).withFinished(failed.termination().finished()));

    assertThat(next.exitCode()).isZero();
    assertThat(bench.sourceRequests()).isEqualTo(requests);
    assertThat(bench.registry.requests("POST")).isEmpty();
    assertThat(next.result().parts())
        .extracting(BuilderLine.PublishedPart::digest)
        .containsExactly(Digest.of(bytes("<html>an error page</html>")), Digest.of(bytes(ROOT)));
    assertThat(next.lines())
        .as("told again: a third attempt knows only what the second one says")
        .contains(new BuilderLine.PartDone(PartName.ROOTFS, root()));
  }

  @Test
  void aPartThatTheRegistryHasLostIsMadeAgain() {
    var failed = failedAtTheTag();
    bench.registry.blobs.remove(root().digest().toString());
    var next = bench.run(plan(false).withFinished(failed.termination().finished()));

    assertThat(next.exitCode()).isZero();
    assertThat(bench.registry.requests("PATCH")).as("the other one is not sent").hasSize(1);
    assertThat(bench.registry.blobs).containsKey(root().digest().toString());
  }

  @Test
  void aPartOfAnotherSizeIsNotTheOneThatWasFinished() {
    var failed = failedAtTheTag();
    bench.registry.blobs.put(root().digest().toString(), okio.ByteString.encodeUtf8("cut"));
    var next = bench.run(plan(false).withFinished(failed.termination().finished()));

    assertThat(next.exitCode()).isZero();
    assertThat(next.result().parts().getLast().size()).isEqualTo(ROOT.length());
    assertThat(bench.registry.blobs.get(root().digest().toString()))
        .isEqualTo(okio.ByteString.encodeUtf8(ROOT));
  }

  @Test
  void whatIsNoKernelIsRefusedThoughItIsFinished() {
    var failed = failedAtTheTag();
    int requests = bench.sourceRequests();
    var next = bench.run(plan(true).withFinished(failed.termination().finished()));

    assertThat(next.termination().reason()).isEqualTo(Reason.NOT_BOOTABLE);
    assertThat(next.termination().step()).isEqualTo(BuildStep.CHECK);
    assertThat(bench.sourceRequests()).isEqualTo(requests);
  }

  /** It would be found by its digest anyway. */
  @Test
  void aPartWhoseDigestThePlanSaysIsNotTold() {
    var run = bench.run(bench.plan(bench.fetched(PartName.KERNEL, "a kernel")));

    assertThat(run.lines()).noneMatch(BuilderLine.PartDone.class::isInstance);
  }
}
