package dev.osimage.oci.layout;

import static dev.osimage.oci.layout.Images.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.content.Compression;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.content.DecompressionLimits;
import dev.osimage.oci.layout.LayoutArchive.Root;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayoutArchiveTest {

  @TempDir Path folder;
  private final Memory source = new Memory();

  @ParameterizedTest
  @ValueSource(strings = {"a.tar", "a.tar.gz", "a.tgz", "a.oci.tar.xz", "a.txz", "a.tar.zst"})
  void whatIsWrittenIsReadAgainWithReferrers(String name) throws IOException {
    var index = Images.index(source, "os");
    var remark = Images.referrer(source, index, "remark");
    var file = folder.resolve(name);

    LayoutArchive.write(source, List.of(root(index, "1.0", true)), file);
    var layout = unpack(file);

    assertThat(layout.manifest("1.0")).contains(index);
    assertThat(layout.manifests())
        .extracting(Descriptor::digest)
        .containsExactly(index.digest(), remark.digest());
    var copy = new Memory();
    Copy.copy(layout, "1.0", copy, null, Copy.Options.WITH_REFERRERS);
    assertThat(copy.manifests).isEqualTo(source.manifests);
    assertThat(copy.blobs.keySet()).isEqualTo(source.blobs.keySet());
    try (var files = Files.list(folder)) {
      assertThat(files.filter(DurableFile::isPart)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.tar", "a.tar.gz", "a.tar.xz", "a.tar.zst"})
  void theSuffixSaysHowItIsCompressed(String name) throws IOException {
    var image = Images.image(source, "1");
    LayoutArchive.write(source, List.of(root(image, null, false)), folder.resolve(name));

    var start = Files.readAllBytes(folder.resolve(name));

    assertThat(Compression.detect(start)).isEqualTo(Compression.ofName(name));
  }

  @Test
  void theSameManifestsGiveTheSameBytesInWhateverOrder() throws IOException {
    var one = Images.image(source, "1", "shared");
    var two = Images.index(source, "2");
    Images.referrer(source, one, "a");
    Images.referrer(source, one, "b");
    var other = new Memory();
    Images.index(other, "2");
    Images.referrer(other, one, "b");
    Images.referrer(other, Images.image(other, "1", "shared"), "a");

    var first = List.of(root(one, "1", true), root(two, "2", false), root(two, "b", false));
    var second = List.of(root(two, "b", false), root(two, "2", false), root(one, "1", true));

    for (var suffix : List.of(".tar", ".tar.gz", ".tar.xz", ".tar.zst")) {
      LayoutArchive.write(source, first, folder.resolve("1" + suffix));
      LayoutArchive.write(other, second, folder.resolve("2" + suffix));
      assertThat(folder.resolve("1" + suffix)).hasSameBinaryContentAs(folder.resolve("2" + suffix));
    }
  }

  @Test
  void theEntriesSayNothingOfTimeOrMachineAndTheIndexComesFirst() throws IOException {
    var image = Images.image(source, "1", "2");
    var out = new ByteArrayOutputStream();
    LayoutArchive.write(source, List.of(root(image, "v", false)), out);

    var entries = new ArrayList<TarArchiveEntry>();
    var tar = new TarArchiveInputStream(new ByteArrayInputStream(out.toByteArray()));
    for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      entries.add(entry);
    }
    assertThat(entries)
        .extracting(TarArchiveEntry::getName)
        .startsWith("oci-layout", "index.json", "blobs/", "blobs/sha256/")
        .hasSize(8);
    assertThat(entries.subList(4, 8))
        .extracting(TarArchiveEntry::getName)
        .isSorted()
        .allMatch(name -> name.matches("blobs/sha256/[a-f0-9]{64}"));
    assertThat(entries)
        .allSatisfy(entry -> {
          assertThat(entry.getLastModifiedTime().toMillis()).isZero();
          assertThat(entry.getLongUserId() + entry.getLongGroupId()).isZero();
          assertThat(entry.getUserName() + entry.getGroupName()).isEmpty();
          assertThat(entry.getMode() & 0777).isEqualTo(entry.isDirectory() ? 0755 : 0644);
          assertThat(entry.getExtraPaxHeaders()).isEmpty();
        });
  }

  @Test
  void aFailedArchiveLeavesTheOldOneAsItWas() throws IOException {
    var image = Images.image(source, "1");
    var file = folder.resolve("a.tar.gz");
    LayoutArchive.write(source, List.of(root(image, "1", false)), file);
    var before = Files.readAllBytes(file);
    source.blobs.remove(Digest.of(utf8("1")));

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> LayoutArchive.write(source, List.of(root(image, "2", false)), file));
    assertThat(file).hasBinaryContent(before);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void wrongWishesAreRefusedWithASentence() throws IOException {
    var one = Images.image(source, "1");
    var two = Images.image(source, "2");

    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            LayoutArchive.write(source, List.of(root(one, "t", false)), folder.resolve("a.zip")))
        .withMessageContaining("end it in .tar");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            LayoutArchive.write(
                source,
                List.of(root(one, "t", false), root(two, "t", false)),
                folder.resolve("a.tar")))
        .withMessageContaining("'t' is for two manifests");
    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() ->
            LayoutArchive.write(source, List.of(root(one, "t", false)), folder.resolve("no/a.tar")))
        .withMessageContaining("directory does not exist");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "./", "onmetal/", "./onmetal/"})
  void aStoreMayLieInOneFolder(String prefix) throws IOException {
    var image = Images.image(source, "1");
    var layout = unpackInto("store", layoutTar(prefix, image).bytes());

    assertThat(layout.manifest("v1")).contains(image);
    assertThat(layout.blob(Images.blob(source, "1")).readAllBytes()).isEqualTo(utf8("1"));
  }

  @Test
  void whatIsNoPartOfALayoutIsPassedByAndWrittenNowhere() throws IOException {
    var image = Images.image(source, "1");
    var tar =
        layoutTar("s/", image)
            .file("s/ingest/1/data", "x")
            .file("s/blobs/sha256/README", "x")
            .file("s/blobs/sha512/" + "0".repeat(128), "x")
            .file("s/index.json.lock", "");

    var layout = unpackInto("store", tar.bytes());

    assertThat(layout.manifest("v1")).contains(image);
    try (var files = Files.walk(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .doesNotContain("README", "ingest", "data", "sha512", "s");
    }
  }

  @Test
  void aLayoutThatIsThereKeepsItsEntriesAndGetsThoseOfTheArchive() throws IOException {
    var layout = Layout.create(folder.resolve("store"));
    var old = Images.image(layout, "old");
    layout.tag(old, "v1");
    var image = Images.image(source, "1");

    var tar = layoutTar("", image).bytes();
    unpackInto("store", tar);
    unpackInto("store", tar);

    assertThat(layout.manifest("v1")).contains(image);
    assertThat(layout.manifests())
        .extracting(Descriptor::digest)
        .containsExactly(old.digest(), image.digest());
  }

  private Tar layoutTar(String prefix, Manifest image) throws IOException {
    var tar = new Tar();
    for (var blob : source.blobs.entrySet()) {
      tar.file(prefix + "blobs/sha256/" + blob.getKey().hex(), blob.getValue());
    }
    tar.file(prefix + "blobs/sha256/" + image.digest().hex(), image.bytes());
    tar.file(prefix + "index.json", LayoutIndex.empty().tagged(image, "v1").toBytes());
    return tar.file(prefix + "oci-layout", Layout.LAYOUT);
  }

  private Layout unpack(Path file) throws IOException {
    return LayoutArchive.unpack(
        file, folder.resolve("unpacked-" + file.getFileName()), DecompressionLimits.DEFAULT);
  }

  private Layout unpackInto(String name, byte[] archive) throws IOException {
    var layout = Layout.create(folder.resolve(name));
    InputStream in = new ByteArrayInputStream(archive);
    LayoutArchive.unpack(in, layout, DecompressionLimits.DEFAULT);
    return layout;
  }

  private static Root root(Manifest manifest, @Nullable String tag, boolean referrers) {
    return new Root(manifest.digest().toString(), tag, referrers);
  }
}
