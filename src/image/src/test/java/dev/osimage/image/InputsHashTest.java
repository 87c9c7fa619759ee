package dev.osimage.image;

import static dev.osimage.image.PartName.INITRAMFS;
import static dev.osimage.image.PartName.ISO;
import static dev.osimage.image.PartName.KERNEL;
import static dev.osimage.image.PartName.ROOTFS;
import static dev.osimage.image.PartName.SQUASHFS;
import static dev.osimage.image.Specs.file;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Architecture;
import dev.osimage.api.BootCheck;
import dev.osimage.api.ConfigMapReference;
import dev.osimage.api.Decompress;
import dev.osimage.api.FileSource;
import dev.osimage.api.Format;
import dev.osimage.api.HttpSource;
import dev.osimage.api.SecretReference;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every hash written here is the name of a content tag in somebody's registry: a change of one
 * orphans all of them. New fields must leave the hashes of specs without them alone.
 */
class InputsHashTest {

  private static final String ARCHIVE = "https://h.example/os.tar.gz";
  private static final String ROOTFS_DIGEST =
      "sha256:412dfcf5f8128953b1d8308ce1e3a7cd815f056b9fe8d69ee26112baf9822e19";
  private static final String KERNEL_DIGEST =
      "sha256:688d4700ad15c33a624b63d05dc9e764b8f1499a50fdd6239aaa03216ae89999";

  static Stream<Arguments> golden() {
    return Stream.of(
        Arguments.of(
            "the smallest spec",
            Specs.withInputs(ROOTFS),
            """
            {"version":1,"format":"ironcore","architecture":"amd64",\
            "files":{"rootfs":{"digest":"sha256:412dfcf5f8128953b1d8308ce1e3a7cd815f056b9fe8d69ee26112baf9822e19"}}}\
            """,
            "3d711e941a92cdeb9e79934d7a819aec94194985b12240d7fe5690326079ad36"),
        Arguments.of(
            "a whole onmetal image",
            Specs.withInputs(KERNEL, INITRAMFS, ROOTFS)
                .format(Format.ONMETAL)
                .architecture(Architecture.ARM64)
                .commandLine(Specs.COMMAND_LINE),
            """
            {"version":1,"format":"onmetal","architecture":"arm64",\
            "commandLine":"console=ttyS0,115200 ro",\
            "files":{"rootfs":{"digest":"sha256:412dfcf5f8128953b1d8308ce1e3a7cd815f056b9fe8d69ee26112baf9822e19"},\
            "initramfs":{"digest":"sha256:96057f2d21e02d1ae0ead47c1255e601609b0e15b3cdba3ed676834fc2436552"},\
            "kernel":{"digest":"sha256:688d4700ad15c33a624b63d05dc9e764b8f1499a50fdd6239aaa03216ae89999"}}}\
            """,
            "68ad5149784efa9779aebd974842650a048368e8d7eb63d98a000d36fd971edb"),
        Arguments.of(
            "every field",
            Specs.withInputs(PartName.values())
                .commandLine("a<b>&c é")
                .config(Map.of("os-release", "974.0", "a", "b"))
                .annotations(
                    Map.of("org.opencontainers.image.version", "1", "a", "b"), Map.of("c", "d")),
            """
            {"version":1,"format":"ironcore","architecture":"amd64",\
            "commandLine":"a\\u003cb\\u003e\\u0026c é",\
            "config":{"a":"b","os-release":"974.0"},\
            "annotations":{"manifest":{"a":"b","org.opencontainers.image.version":"1"},\
            "config":{"c":"d"}},\
            "files":{"rootfs":{"digest":"sha256:412dfcf5f8128953b1d8308ce1e3a7cd815f056b9fe8d69ee26112baf9822e19"},\
            "initramfs":{"digest":"sha256:96057f2d21e02d1ae0ead47c1255e601609b0e15b3cdba3ed676834fc2436552"},\
            "kernel":{"digest":"sha256:688d4700ad15c33a624b63d05dc9e764b8f1499a50fdd6239aaa03216ae89999"},\
            "squashfs":{"digest":"sha256:aada3a85696a048581c38bcd4fd966e5cba9cfbaf68c25da0f470ce5406fab13"},\
            "uki":{"digest":"sha256:50261b5655ba4558ec372039034aa583d607774c430c9d4a5153b8b61210355f"},\
            "iso":{"digest":"sha256:2b8341a8ca02339b0f5ce02632c3277858f0d117a6ef906b4ea5c771f5513ce1"}}}\
            """,
            "7d3493a80d8b83d4a674bdced9f27c4080c85fb05f69b73e7ff57d168de5b2e3"),
        Arguments.of(
            "a disk that is decompressed by its name",
            Specs.spec().http(ROOTFS, "https://h.example/disk.xz", ROOTFS_DIGEST),
            """
            {"version":1,"format":"ironcore","architecture":"amd64",\
            "files":{"rootfs":{"digest":"sha256:412dfcf5f8128953b1d8308ce1e3a7cd815f056b9fe8d69ee26112baf9822e19",\
            "decompress":"xz"}}}\
            """,
            "fd5b23a4180a06bf0e7a8f31001332b46bba865d31047ed8096de5569a6e0d0a"),
        Arguments.of(
            "files from an archive",
            Specs.spec()
                .source(
                    ROOTFS, file(ARCHIVE, ROOTFS_DIGEST, "./out/disk.raw.zst", null, KERNEL_DIGEST))
                .source(KERNEL, file(ARCHIVE, ROOTFS_DIGEST, "/boot/vmlinuz", null, null))
                .source(
                    ISO,
                    file(
                        "https://h.example/iso",
                        ROOTFS_DIGEST,
                        null,
                        Decompress.LZ4,
                        KERNEL_DIGEST)),
            """
            {"version":1,"format":"ironcore","architecture":"amd64",\
            "files":{"rootfs":{"digest":"sha256:412dfcf5f8128953b1d8308ce1e3a7cd815f056b9fe8d69ee26112baf9822e19",\
            "path":"out/disk.raw.zst","decompress":"zstd",\
            "finalDigest":"sha256:688d4700ad15c33a624b63d05dc9e764b8f1499a50fdd6239aaa03216ae89999"},\
            "kernel":{"digest":"sha256:412dfcf5f8128953b1d8308ce1e3a7cd815f056b9fe8d69ee26112baf9822e19",\
            "path":"boot/vmlinuz"},\
            "iso":{"digest":"sha256:412dfcf5f8128953b1d8308ce1e3a7cd815f056b9fe8d69ee26112baf9822e19",\
            "decompress":"lz4",\
            "finalDigest":"sha256:688d4700ad15c33a624b63d05dc9e764b8f1499a50fdd6239aaa03216ae89999"}}}\
            """,
            "f77bd7391557158cf0fe76cea9442df2cd326dcd8f48ca7fc22059d469900872"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("golden")
  void theHashOfASpecNeverChanges(String what, Specs spec, String normalForm, String hash)
      throws NoSuchAlgorithmException {
    assertThat(sha256(normalForm)).as("the normal form in this test").isEqualTo(hash);
    assertThat(InputsHash.of(spec.make())).as(what).isEqualTo(hash);
  }

  static Stream<Arguments> sameResult() {
    return Stream.of(
        row("the URL", s -> s.http(KERNEL, "https://mirror.example/k?token=x", KERNEL_DIGEST)),
        row("inline instead of http", s -> s.inline(KERNEL, "KERNEL\n")),
        row("the destination", s -> s.destination("other.example/os", "1", "2")),
        row("how the registry is reached", Specs::plainHttpWithSecret),
        row("what vouches for the registry", s -> s.secret("push").caBundle("ca")),
        row("how the web server is reached", s -> s.source(KERNEL, protectedKernel())),
        row("the clocks", s -> s.timeouts("5m", "10m")),
        row("the boot check", s -> s.bootCheck(BootCheck.OFF)),
        row("suspending", Specs::suspended),
        row("the default format, written", s -> s.format(Format.IRONCORE)),
        row("an empty command line", s -> s.commandLine("")),
        row("an empty config", s -> s.config(Map.of())),
        row("empty annotations", s -> s.annotations(Map.of(), Map.of())),
        row("no annotations inside", Specs::noAnnotationsInside));
  }

  private static FileSource protectedKernel() {
    var http =
        new HttpSource(
            "https://h.example/k",
            KERNEL_DIGEST,
            new SecretReference("web"),
            new ConfigMapReference("ca"));
    return new FileSource(http, null, null, null, null);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("sameResult")
  void whatDoesNotDecideTheBytesDoesNotChangeTheHash(String what, UnaryOperator<Specs> change) {
    assertThat(InputsHash.of(change.apply(base()).make()))
        .as(what)
        .isEqualTo(InputsHash.of(base().make()));
    assertThat(manifestOf(change.apply(base()))).as(what).isEqualTo(manifestOf(base()));
  }

  static Stream<Arguments> otherResult() {
    return Stream.of(
        row("a digest", s -> s.http(KERNEL, "https://h.example/k", ROOTFS_DIGEST)),
        row("another inline text", s -> s.inline(KERNEL, "KERNEL")),
        row("one more part", s -> s.inline(ISO, "ISO\n")),
        row("the command line", s -> s.commandLine("ro")),
        row("a space in the command line", s -> s.commandLine(" ")),
        row("the config", s -> s.config(Map.of("a", "b"))),
        row("annotations of the manifest", s -> s.annotations(Map.of("a", "b"), Map.of())),
        row("annotations of the config", s -> s.annotations(Map.of(), Map.of("a", "b"))),
        row("the format", s -> s.format(Format.IRONCORE_LEGACY)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("otherResult")
  void whatDecidesTheBytesChangesTheHash(String what, UnaryOperator<Specs> change) {
    assertThat(InputsHash.of(change.apply(base()).make()))
        .as(what)
        .isNotEqualTo(InputsHash.of(base().make()));
    assertThat(manifestOf(change.apply(base()))).as(what).isNotEqualTo(manifestOf(base()));
  }

  /** Nothing is done to these files: their hashes are those from before anything could be done. */
  @Test
  void aFileThatIsPublishedAsItIsKeepsItsHashHoweverThatIsSaid() {
    var url = "https://h.example/k";
    var plain = InputsHash.of(Specs.spec().http(KERNEL, url, KERNEL_DIGEST).make());

    assertThat(
            Stream.of(
                    file(url, KERNEL_DIGEST, null, Decompress.NONE, null),
                    file(url, KERNEL_DIGEST, null, Decompress.AUTO, null),
                    file(url, KERNEL_DIGEST, null, null, KERNEL_DIGEST),
                    file(url + ".gz", KERNEL_DIGEST, null, null, null))
                .map(file -> InputsHash.of(Specs.spec().source(KERNEL, file).make())))
        .containsOnly(plain);
    assertThat(hashOfRootfs(file(url + ".xz", ROOTFS_DIGEST, null, Decompress.NONE, null)))
        .as("the smallest spec of the golden ones")
        .isEqualTo("3d711e941a92cdeb9e79934d7a819aec94194985b12240d7fe5690326079ad36");
  }

  @Test
  void whatIsDoneToAFileDecidesTheHashAndNotHowItIsSaid() {
    var url = "https://h.example/disk";

    assertThat(hashOfRootfs(file(url + ".xz", ROOTFS_DIGEST, null, null, null)))
        .isEqualTo(hashOfRootfs(file(url, ROOTFS_DIGEST, null, Decompress.XZ, null)));
    assertThat(hashOfRootfs(file(url, ROOTFS_DIGEST, "./a.gz", null, null)))
        .isEqualTo(hashOfRootfs(file(url + ".tar", ROOTFS_DIGEST, "/a.gz", Decompress.GZIP, null)));
    assertThat(
            Stream.of(
                    file(url, ROOTFS_DIGEST, null, null, null),
                    file(url, ROOTFS_DIGEST, null, Decompress.XZ, null),
                    file(url, ROOTFS_DIGEST, null, Decompress.GZIP, null),
                    file(url, ROOTFS_DIGEST, null, Decompress.XZ, KERNEL_DIGEST),
                    file(url, ROOTFS_DIGEST, null, Decompress.XZ, ROOTFS_DIGEST),
                    file(url, ROOTFS_DIGEST, "a", null, null),
                    file(url, ROOTFS_DIGEST, "a", Decompress.XZ, null),
                    file(url, ROOTFS_DIGEST, "b", null, null),
                    file(url, ROOTFS_DIGEST, "a", null, KERNEL_DIGEST),
                    file(url, KERNEL_DIGEST, "a", null, null))
                .map(InputsHashTest::hashOfRootfs))
        .doesNotHaveDuplicates();
  }

  private static String hashOfRootfs(FileSource file) {
    return InputsHash.of(Specs.spec().source(ROOTFS, file).make());
  }

  @Test
  void theArchitectureChangesTheHashThoughNotTheBytes() {
    assertThat(InputsHash.of(base().architecture(Architecture.ARM64).make()))
        .isNotEqualTo(InputsHash.of(base().make()));
  }

  @Test
  void theSameBytesInAnotherRoleAreAnotherImage() {
    assertThat(InputsHash.of(Specs.spec().inline(ROOTFS, "x").make()))
        .isNotEqualTo(InputsHash.of(Specs.spec().inline(SQUASHFS, "x").make()));
  }

  @Test
  void textCantMoveFromOneFieldToAnotherWithoutChangingTheHash() {
    assertThat(
            Stream.of(
                    base().config(Map.of("a", "b")),
                    base().annotations(Map.of("a", "b"), Map.of()),
                    base().annotations(Map.of(), Map.of("a", "b")),
                    base().config(Map.of("a", "b\",\"c\":\"d")),
                    base().config(Map.of("a", "b", "c", "d")))
                .map(spec -> InputsHash.of(spec.make())))
        .doesNotHaveDuplicates();
  }

  @Test
  void thePlanCarriesTheHashOfItsSpec() {
    assertThat(base().plan().inputsHash()).isEqualTo(InputsHash.of(base().make()));
  }

  @Test
  void thePublicationHashIsThatOfInputsRepositoryAndSortedTags() throws NoSuchAlgorithmException {
    var plan = Specs.withInputs(ROOTFS).destination("r.example/os", "2", "10", "1").plan();
    var form =
        "{\"inputsHash\":\"%s\",\"repository\":\"r.example/os\",\"tags\":[\"1\",\"10\",\"2\"]}"
            .formatted(plan.inputsHash());

    assertThat(PublicationHash.of(plan))
        .isEqualTo(sha256(form))
        .isEqualTo("d85e1814df0bd16681aa0e57b0eaa827313896036e6f77b0710148e462ba0629");
  }

  @Test
  void theOrderOfTagsAndTheWayToTheRegistryDoNotChangeThePublication() {
    var publication = PublicationHash.of(base().destination("r.example/os", "1", "2").plan());

    assertThat(PublicationHash.of(base().destination("r.example/os", "2", "1").plan()))
        .isEqualTo(publication);
    assertThat(
            PublicationHash.of(
                base().destination("r.example/os", "1", "2").plainHttpWithSecret().plan()))
        .isEqualTo(publication);
  }

  @Test
  void tagsRepositoryAndInputsEachChangeThePublication() {
    assertThat(
            Stream.of(
                    base().destination("r.example/os", "1", "2"),
                    base().destination("r.example/os", "1"),
                    base().destination("r.example/os"),
                    base().destination("r.example/os2", "1", "2"),
                    base().destination("r.example:5000/os", "1", "2"),
                    base().destination("r.example/os", "1", "2").commandLine("ro"))
                .map(spec -> PublicationHash.of(spec.plan())))
        .doesNotHaveDuplicates();
  }

  private static Arguments row(String what, UnaryOperator<Specs> change) {
    return Arguments.of(what, change);
  }

  private static Specs base() {
    return Specs.withInputs(ROOTFS, INITRAMFS).http(KERNEL, "https://h.example/k", KERNEL_DIGEST);
  }

  private static String manifestOf(Specs spec) {
    var sizes = Map.of(ROOTFS, 7L, INITRAMFS, 10L, KERNEL, 7L, ISO, 4L);
    var plan = spec.plan();
    var manifest = plan.manifest(Specs.published(plan, sizes)).toBytes();
    return plan.config().text() + new String(manifest, StandardCharsets.UTF_8);
  }

  private static String sha256(String text) throws NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }
}
