package dev.osimage.image;

import static dev.osimage.image.PartName.INITRAMFS;
import static dev.osimage.image.PartName.ISO;
import static dev.osimage.image.PartName.KERNEL;
import static dev.osimage.image.PartName.ROOTFS;
import static dev.osimage.image.PartName.SQUASHFS;
import static dev.osimage.image.PartName.UKI;
import static dev.osimage.image.Specs.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.api.ConfigMapReference;
import dev.osimage.api.Decompress;
import dev.osimage.api.FileSource;
import dev.osimage.api.HttpSource;
import dev.osimage.api.SecretReference;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.oci.Digest;
import dev.osimage.oci.content.Compression;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is done to a file between its source and the registry. */
class PlannedFilesTest {

  private static final String ARCHIVE = "https://h.example/os.tar.xz";
  private static final String SOURCE = "sha256:" + "a".repeat(64);
  private static final String FINAL = "sha256:" + "b".repeat(64);

  private static PlannedPart part(PartName name, FileSource file) {
    return Specs.spec().source(name, file).plan().parts().getFirst();
  }

  private static Compression compression(
      PartName name, String url, @Nullable String path, @Nullable Decompress asked) {
    return part(name, file(url, SOURCE, path, asked, null)).compression();
  }

  @ParameterizedTest
  @CsvSource({
    "ROOTFS, XZ",
    "SQUASHFS, XZ",
    "ISO, XZ",
    "KERNEL, NONE",
    "INITRAMFS, NONE",
    "UKI, NONE"
  })
  void disksAreDecompressedBySuffixAndWhatFirmwareStartsIsNot(PartName name, Compression expected) {
    assertThat(compression(name, "https://h.example/file.xz", null, null)).isEqualTo(expected);
    assertThat(compression(name, "https://h.example/file.xz", null, Decompress.AUTO))
        .as("Auto, written")
        .isEqualTo(Compression.XZ);
    assertThat(compression(name, "https://h.example/file.xz", null, Decompress.NONE))
        .as("None, written")
        .isEqualTo(Compression.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "https://h.example/disk.gz, GZIP",
    "https://h.example/disk.xz, XZ",
    "https://h.example/disk.raw.zst, ZSTD",
    "https://h.example/disk.bz2, BZIP2",
    "https://h.example/disk.lz4, LZ4",
    "https://h.example/DISK.XZ, XZ",
    "https://h.example/disk%2Exz, XZ",
    "https://h.example/disk.xz?sig=a.gz, XZ",
    "https://h.example/disk?name=a.xz, NONE",
    "https://h.example/disk.xz/, NONE",
    "https://h.example/disk.xz/raw, NONE",
    "https://h.example/diskxz, NONE",
    "https://h.xz, NONE",
    "https://h.example?a.xz, NONE"
  })
  void autoGoesByTheLastSegmentOfTheUrlWithoutItsQuery(String url, Compression expected) {
    assertThat(compression(ROOTFS, url, null, null)).isEqualTo(expected);
  }

  @Test
  void autoGoesByTheNameInTheArchiveWhereThereIsOne() {
    assertThat(compression(ROOTFS, ARCHIVE, "disk.raw", null)).isEqualTo(Compression.NONE);
    assertThat(compression(ROOTFS, ARCHIVE, "disk.zst", null)).isEqualTo(Compression.ZSTD);
    assertThat(compression(KERNEL, ARCHIVE, "boot/Image.gz", Decompress.AUTO))
        .isEqualTo(Compression.GZIP);
    assertThat(compression(KERNEL, ARCHIVE, "boot/Image.gz", null)).isEqualTo(Compression.NONE);
  }

  @ParameterizedTest
  @EnumSource(
      value = Decompress.class,
      names = {"AUTO", "NONE"},
      mode = EnumSource.Mode.EXCLUDE)
  void aNamedCompressionHoldsWhateverTheFileIsCalled(Decompress asked) {
    assertThat(compression(UKI, "https://h.example/file.gz", null, asked).name())
        .isEqualTo(asked.name());
    assertThat(compression(ISO, ARCHIVE, "file", asked).name()).isEqualTo(asked.name());
  }

  @Test
  void theDigestOfAFileThatIsPublishedAsItIsIsKnownBeforehand() {
    var url = "https://h.example/k";

    assertThat(part(KERNEL, file(url, SOURCE, null, null, null)).digest())
        .isEqualTo(Digest.parse(SOURCE));
    assertThat(part(KERNEL, file(url, SOURCE, null, null, SOURCE)).digest())
        .as("stated again")
        .isEqualTo(Digest.parse(SOURCE));
  }

  @Test
  void theDigestOfWhatIsTakenOutOrDecompressedIsKnownOnlyWhereItIsStated() {
    assertThat(part(KERNEL, file(ARCHIVE, SOURCE, "k", null, null)).digest()).isNull();
    assertThat(part(ISO, file("https://h.example/a.xz", SOURCE, null, null, null)).digest())
        .isNull();
    assertThat(part(KERNEL, file(ARCHIVE, SOURCE, "k", null, FINAL)).digest())
        .isEqualTo(Digest.parse(FINAL));
    assertThat(part(ISO, file("https://h.example/a.xz", SOURCE, null, null, FINAL)).digest())
        .isEqualTo(Digest.parse(FINAL));
  }

  @ParameterizedTest
  @ValueSource(strings = {"boot/k", "/boot/k", "./boot/k", "././/boot/k", "boot//./k"})
  void aPathIsThatFromTheRootOfTheArchive(String path) {
    assertThat(part(KERNEL, file(ARCHIVE, SOURCE, path, null, null)).path()).isEqualTo("boot/k");
  }

  @Test
  void aNameThatBeginsWithDotsIsAName() {
    assertThat(part(KERNEL, file(ARCHIVE, SOURCE, "..k/.boot/...", null, null)).path())
        .isEqualTo("..k/.boot/...");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        ".",
        "./",
        "..",
        "../k",
        "/../k",
        "./../k",
        "boot/../k",
        "boot/..",
        "boot/",
        "boot/.",
        "boot\nk",
        "boot/k\n",
        "k\u007f"
      })
  void aPathThatNamesNoFileInTheArchiveIsRefused(String path) {
    var specs = Specs.spec().source(KERNEL, file(ARCHIVE, SOURCE, path, null, null));

    assertThatThrownBy(specs::plan)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("kernel: path must name one file in the archive");
  }

  @Test
  void aPathHasABound() {
    assertThat(part(KERNEL, file(ARCHIVE, SOURCE, "x".repeat(1024), null, null)).path())
        .hasSize(1024);
    assertThatThrownBy(() -> part(KERNEL, file(ARCHIVE, SOURCE, "x".repeat(1025), null, null)))
        .hasMessageContaining("at most 1024 characters");
  }

  @Test
  void inlineTextIsTheFileItself() {
    for (var file :
        new FileSource[] {
          new FileSource(null, "x", "k", null, null),
          new FileSource(null, "x", null, Decompress.GZIP, null),
          new FileSource(null, "x", null, null, FINAL)
        }) {
      assertThatThrownBy(() -> part(ROOTFS, file))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("rootfs: inline text is the file itself: remove path, decompress and digest");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "KERNEL, https://h.example/k.xz, ",
    "KERNEL, https://h.example/k, AUTO",
    "ROOTFS, https://h.example/disk.raw, ",
    "ROOTFS, https://h.example/disk.xz, NONE"
  })
  void aFileThatIsPublishedAsItIsHasNoOtherDigestThanItsSource(
      PartName name, String url, @Nullable Decompress asked) {
    var specs = Specs.spec().source(name, file(url, SOURCE, null, asked, FINAL));

    assertThatThrownBy(specs::plan)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(name.text() + ": digest must be that of http.digest here");
  }

  @Test
  void aDigestOfAnotherAlgorithmIsRefused() {
    assertThatThrownBy(() -> part(KERNEL, file(ARCHIVE, SOURCE, "k", null, "sha512:00")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sha256:<hex>");
  }

  private static FileSource from(
      String url, @Nullable String path, @Nullable String secret, @Nullable String ca) {
    return new FileSource(
        new HttpSource(
            url,
            SOURCE,
            secret == null ? null : new SecretReference(secret),
            ca == null ? null : new ConfigMapReference(ca)),
        null,
        path,
        null,
        null);
  }

  @Test
  void filesFromOneArchiveShareItAndOthersDoNot() {
    var plan =
        Specs.spec()
            .source(ROOTFS, from(ARCHIVE, "disk", "s", "c"))
            .source(INITRAMFS, from(ARCHIVE, "initrd", "s", null))
            .source(KERNEL, from(ARCHIVE, "vmlinuz", "s", "c"))
            .source(SQUASHFS, from(ARCHIVE, "squashfs", null, "c"))
            .source(UKI, from(ARCHIVE + "?2", "uki", "s", "c"))
            .source(ISO, from(ARCHIVE, "disk", "s", "c"))
            .plan();

    assertThat(plan.parts()).extracting(PlannedPart::source).containsExactly(0, 1, 0, 2, 3, 0);
    assertThat(plan.sources()).hasSize(4).doesNotHaveDuplicates();
    assertThat(plan.sourceOf(plan.parts().get(3)))
        .isEqualTo(new PlannedSource.Http(ARCHIVE, Digest.parse(SOURCE), null, "c"));
  }

  /** So a source is either one part or an archive, and never both. */
  @Test
  void aPartThatIsItsWholeSourceSharesItWithNobody() {
    var plan =
        Specs.spec()
            .source(ROOTFS, from(ARCHIVE, null, null, null))
            .source(KERNEL, from(ARCHIVE, "vmlinuz", null, null))
            .source(SQUASHFS, from(ARCHIVE, null, null, null))
            .source(UKI, from(ARCHIVE, "uki", null, null))
            .plan();

    assertThat(plan.parts()).extracting(PlannedPart::source).containsExactly(0, 1, 2, 1);
  }

  @Test
  void aPlanNamesEverySecretAndEveryConfigMapOnce() {
    var plan =
        Specs.spec()
            .source(ROOTFS, from(ARCHIVE, null, "web", "web-ca"))
            .source(KERNEL, from(ARCHIVE, null, "a-web", "a-ca"))
            .source(ISO, from(ARCHIVE, null, "web", "a-ca"))
            .inline(UKI, "x")
            .destination("r.example/os")
            .secret("push")
            .caBundle("push-ca")
            .plan();

    assertThat(plan.secrets()).containsExactly("a-web", "push", "web");
    assertThat(plan.caBundles()).containsExactly("a-ca", "push-ca", "web-ca");
    assertThat(plan.destination().secret()).isEqualTo("push");
    assertThat(plan.destination().caBundle()).isEqualTo("push-ca");
    assertThat(Specs.withInputs(ROOTFS).plan().secrets()).isEmpty();
    assertThat(Specs.withInputs(ROOTFS).plan().caBundles()).isEmpty();
  }

  /** It would name a folder outside of the mounts. */
  @ParameterizedTest
  @ValueSource(strings = {"", "..", "../push", "a/b", "Push", "push\n"})
  void whatIsNoNameOfAnObjectIsRefusedAsSecretOrConfigMap(String name) {
    assertThatThrownBy(() -> part(KERNEL, from(ARCHIVE, null, name, null)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is not the name of a Secret");
    assertThatThrownBy(() -> part(KERNEL, from(ARCHIVE, null, null, name)))
        .hasMessageContaining("is not the name of a ConfigMap");
    assertThatThrownBy(() -> Specs.withInputs(KERNEL).caBundle(name).plan())
        .hasMessageContaining("is not the name of a ConfigMap");
  }

  @Test
  void authoritiesForAServerWithoutTlsAreRefused() {
    assertThatThrownBy(() -> part(KERNEL, from("http://h.example/k?key=x", null, null, "ca")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("kernel: caBundleRef has no meaning for an http:// URL: remove it");
    assertThat(part(KERNEL, from("http://h.example/k", null, "secret", null)).digest()).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://h.example/os.tar",
        "https://h.example/os.tar.gz?sig=x",
        "https://h.example/OS.TGZ",
        "https://h.example/os.tar.zst",
        "https://h.example/os.zip"
      })
  void anArchiveWithoutAPathIsWarnedAbout(String url) {
    var warnings =
        Planner.warnings(Specs.spec().source(ROOTFS, file(url, SOURCE, null, null, null)).make());

    assertThat(warnings).extracting(Warning::reason).containsExactly("ArchiveWithoutPath");
    assertThat(warnings.getFirst().message()).startsWith("rootfs is an archive by the name");
  }

  @Test
  void anArchiveThatIsMeantIsNotWarnedAbout() {
    var specs =
        Specs.spec()
            .source(ROOTFS, file(ARCHIVE, SOURCE, null, Decompress.NONE, null))
            .source(ISO, file(ARCHIVE, SOURCE, null, Decompress.XZ, null))
            .source(UKI, file(ARCHIVE, SOURCE, "uki", null, null))
            .source(KERNEL, file("https://h.example/tar.gz", SOURCE, null, null, null));

    assertThat(Planner.warnings(specs.make())).isEmpty();
  }
}
