package dev.osimage.oci.layout;

import static dev.osimage.oci.layout.Images.AMD64;
import static dev.osimage.oci.layout.Images.ARM64;
import static dev.osimage.oci.layout.Images.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.osimage.oci.Content;
import dev.osimage.oci.ContentReader;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.Platform;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.layout.Copy.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class CopyTest {

  @TempDir Path folder;
  private final Memory from = new Memory();
  private final Memory to = new Memory();

  @Test
  void anIndexArrivesWholeAndIsTaggedLast() throws IOException {
    var index = Images.index(from, "os");
    from.tag(index, "1.0");

    // The target takes nothing before what it refers to is there.
    var result = Copy.copy(from, "1.0", to, "latest", Options.PLAIN);

    assertThat(to.manifest("latest")).contains(index);
    assertThat(to.blobs.keySet()).isEqualTo(from.blobs.keySet());
    assertThat(to.manifests).isEqualTo(from.manifests);
    assertThat(result.manifest()).isEqualTo(index);
    assertThat(result.manifests()).isEqualTo(3);
    assertThat(result.copiedBlobs()).isEqualTo(4);
    assertThat(result.bytes()).isEqualTo(bytes(from));
  }

  @Test
  void whatIsThereIsNotCopiedAgain() throws IOException {
    var image = Images.image(from, "kernel", "initrd", "kernel");
    Images.blob(to, "kernel");

    var first = Copy.copy(from, image.digest().toString(), to, null, Options.PLAIN);
    assertThat(first.copiedBlobs()).isEqualTo(2);
    assertThat(first.skippedBlobs()).isEqualTo(1);
    assertThat(first.bytes()).isEqualTo(bytes(from) - "kernel".length());

    var second = Copy.copy(from, image.digest().toString(), to, null, Options.PLAIN);
    assertThat(second.copiedBlobs()).isZero();
    assertThat(second.bytes()).isZero();
    assertThat(to.tags).isEmpty();
  }

  @Test
  void aBlobThatTheTargetCanMountIsNotRead() throws IOException {
    var image = Images.image(from, "kernel");
    var mounting =
        new Memory() {
          @Override
          public boolean mountBlob(Descriptor blob, ContentReader source) throws IOException {
            blobs.put(blob.digest(), source.blob(blob).readAllBytes());
            return true;
          }

          @Override
          public void writeBlob(Descriptor blob, Content content) {
            throw new AssertionError("written: " + blob);
          }
        };

    var result = Copy.copy(from, image.digest().toString(), mounting, "1", Options.PLAIN);

    assertThat(result.mountedBlobs()).isEqualTo(2);
    assertThat(mounting.manifest("1")).contains(image);
  }

  @Test
  void referrersOfAllThatIsCopiedComeAlongIfAskedFor() throws IOException {
    var index = Images.index(from, "os");
    var child = from.manifests.values().stream().filter(m -> !m.isIndex()).findFirst();
    var ofIndex = Images.referrer(from, index, "signature");
    var ofReferrer = Images.referrer(from, ofIndex, "countersignature");
    var ofChild = Images.referrer(from, child.orElseThrow(), "sbom");

    Copy.copy(from, index.digest().toString(), to, "plain", Options.PLAIN);
    assertThat(to.manifests).hasSize(3);

    Copy.copy(from, index.digest().toString(), to, "all", Options.WITH_REFERRERS);
    assertThat(to.manifests.keySet())
        .contains(ofIndex.digest(), ofReferrer.digest(), ofChild.digest());
  }

  @Test
  void aReferrerThatTheListNamesInVainIsReported() throws IOException {
    var image = Images.image(from, "1");
    var other = Images.image(from, "2");
    var gone = Descriptor.of("x", utf8("gone"));
    from.referrers.addAll(List.of(gone, other.descriptor()));

    var result = Copy.copy(from, image.digest().toString(), to, null, Options.WITH_REFERRERS);

    assertThat(result.lostReferrers()).containsExactly(gone.digest(), other.digest());
    assertThat(to.manifests).containsOnlyKeys(image.digest());
  }

  @Test
  void onePlatformOfAnIndexIsItsManifestAlone() throws IOException {
    var index = Images.index(from, "os");

    Copy.copy(from, index.digest().toString(), to, "arm", new Options(false, ARM64));

    var manifest = to.manifest("arm").orElseThrow();
    assertThat(manifest.isIndex()).isFalse();
    assertThat(to.blobs).containsKey(Digest.of(utf8("os arm64"))).hasSize(2);
  }

  @Test
  void aPlatformThatIsNotThereIsAnErrorThatSaysWhatIs() throws IOException {
    var index = Images.index(from, "os");
    var wanted = new Options(false, new Platform("riscv64", "linux"));

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> Copy.copy(from, index.digest().toString(), to, null, wanted))
        .withMessageContaining("0 manifests for linux/riscv64")
        .withMessageContaining("it has linux/amd64, linux/arm64");
  }

  @Test
  void aPlatformThatIsThereTwiceIsNotGuessedAt() throws IOException {
    var kvm = Images.image(from, "kvm").descriptor().forPlatform(AMD64);
    var metal = Images.image(from, "metal").descriptor().forPlatform(AMD64);
    var index = Images.index(from, List.of(kvm, metal));

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(
            () -> Copy.copy(from, index.digest().toString(), to, null, new Options(false, AMD64)))
        .withMessageContaining("2 manifests for linux/amd64");
  }

  @Test
  void anIndexWithAMissingManifestIsAnErrorThatSaysWhichBeforeAnythingIsCopied()
      throws IOException {
    var index = Images.index(from, "os");
    var arm = Copy.copy(from, index.digest().toString(), new Memory(), null, arm()).manifest();
    from.manifests.remove(arm.digest());

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> Copy.copy(from, index.digest().toString(), to, "1", Options.PLAIN))
        .withMessageContaining(arm.digest() + " (linux/arm64)")
        .withMessageContaining("the source does not have");
    assertThat(to.blobs).isEmpty();
  }

  private static Options arm() {
    return new Options(false, ARM64);
  }

  @Test
  void aReferenceThatNamesNothingIsAnError() {
    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> Copy.copy(from, "1.0", to, "1.0", Options.PLAIN))
        .withMessageContaining("no manifest '1.0'");
  }

  @Test
  void indexesMayBeNestedEightDeepAndNoDeeper() throws IOException {
    var inner = Images.image(from, "1");
    for (int i = 0; i < 8; i++) {
      inner = Images.index(from, List.of(inner.descriptor()));
    }
    var eight = inner;
    var nine = Images.index(from, List.of(eight.descriptor()));

    assertThat(Copy.copy(from, eight.digest().toString(), to, null, Options.PLAIN).manifests())
        .isEqualTo(9);
    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> Copy.copy(from, nine.digest().toString(), to, null, Options.PLAIN))
        .withMessageContaining("nested deeper than 8");
  }

  @Test
  void aSourceWhoseReferrersReferToThemselvesComesToAnEnd() throws IOException {
    var image = Images.image(from, "1");
    var remark = Images.referrer(from, image, "remark");
    from.referrers.addAll(List.of(image.descriptor(), remark.descriptor()));

    var result = Copy.copy(from, image.digest().toString(), to, null, Options.WITH_REFERRERS);

    assertThat(result.manifests()).isEqualTo(2);
  }

  @Test
  void artifactsOfUnknownTypesStayAsTheyAreAndLayersNotToBeDistributedStayWhereTheyAre()
      throws IOException {
    var foreign =
        Descriptor.of(
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", utf8("theirs"));
    var strange = new Descriptor("", Images.blob(from, "x").digest(), 1);
    var named = new Descriptor("application/x-unheard-of; v=1", strange.digest(), 1);
    var manifest =
        Manifest.of(
            new ImageManifest(Images.blob(from, "cfg"), List.of(named, foreign), Map.of("k", "v")));
    from.writeManifest(manifest);

    Copy.copy(from, manifest.digest().toString(), to, "1", Options.PLAIN);

    assertThat(to.manifest("1").orElseThrow().bytes()).isEqualTo(manifest.bytes());
    assertThat(to.blobs).hasSize(2).doesNotContainKey(foreign.digest());
  }

  @Test
  void aManifestOfAnUnknownTypeIsAnErrorBecauseItsBlobsAreNotKnown() throws IOException {
    var strange = new Manifest("application/x-strange", utf8("{}"));
    from.manifests.put(strange.digest(), strange);

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> Copy.copy(from, strange.digest().toString(), to, null, Options.PLAIN))
        .withMessageContaining("'application/x-strange'");
  }

  @Test
  void aTargetThatTriesAgainReadsTheBlobFromItsBeginning() throws IOException {
    var image = Images.image(from, "kernel");
    var trying =
        new Memory() {
          @Override
          public void writeBlob(Descriptor blob, Content content) throws IOException {
            try (var first = content.open()) {
              assertThat(first.read()).isNotNegative();
            }
            assertThat(content.size()).hasValue(blob.size());
            super.writeBlob(blob, content);
          }
        };

    Copy.copy(from, image.digest().toString(), trying, "1", Options.PLAIN);

    assertThat(trying.blobs).hasSize(2);
  }

  @Test
  void aDamagedBlobOfALayoutDoesNotArrive() throws IOException {
    var layout = Layout.create(folder.resolve("store"));
    var image = Images.image(layout, "kernel");
    var file = folder.resolve("store/blobs/sha256").resolve(Digest.of(utf8("kernel")).hex());
    Files.writeString(file, "kernem");

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> Copy.copy(layout, image.digest().toString(), to, "1", Options.PLAIN))
        .withMessageContaining("is damaged");
    assertThat(to.tags).isEmpty();
    assertThat(to.manifests).isEmpty();
  }

  @Test
  void aLayoutListsTheTaggedRootAndReferrersOnly() throws IOException {
    var index = Images.index(from, "os");
    var remark = Images.referrer(from, index, "remark");
    var layout = Layout.create(folder.resolve("store"));

    Copy.copy(from, index.digest().toString(), layout, "1.0", Options.WITH_REFERRERS);

    assertThat(layout.manifests())
        .extracting(Descriptor::digest)
        .containsExactlyInAnyOrder(index.digest(), remark.digest());
    assertThat(layout.referrers(index.digest())).hasSize(1);
    var back = new Memory();
    Copy.copy(layout, "1.0", back, "1.0", Options.WITH_REFERRERS);
    assertThat(back.manifests).isEqualTo(from.manifests);
    assertThat(back.blobs.keySet()).isEqualTo(from.blobs.keySet());
  }

  @Test
  void withoutATagALayoutListsTheRootByItsDigest() throws IOException {
    var image = Images.image(from, "os");
    var layout = Layout.create(folder.resolve("store"));

    Copy.copy(from, image.digest().toString(), layout, null, Options.PLAIN);

    assertThat(layout.manifests()).containsExactly(image.descriptor());
  }

  private static long bytes(Memory place) {
    return place.blobs.values().stream().mapToLong(bytes -> bytes.length).sum();
  }
}
