package dev.osimage.oci.layout;

import static dev.osimage.oci.layout.Images.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.osimage.oci.Digest;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.content.DecompressionLimits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostileArchiveTest {

  private static final String INDEX = "{\"schemaVersion\":2,\"manifests\":[]}";
  private static final String BLOB = "blobs/sha256/" + Digest.of(utf8("blob")).hex();

  @TempDir Path folder;
  private DecompressionLimits limits = DecompressionLimits.DEFAULT;

  @AfterEach
  void nothingLiesOutsideOfTheLayoutAndNothingUnfinishedInIt() throws IOException {
    try (var files = Files.walk(folder)) {
      assertThat(files.filter(Files::isRegularFile).map(folder::relativize).map(Path::toString))
          .allMatch(name ->
              name.matches("store/(oci-layout|index\\.json(\\.lock)?|blobs/sha256/[a-f0-9]{64})"));
    }
    assertThat(folder.resolve("store/index.json")).hasContent(INDEX);
  }

  @Test
  void theHarmlessArchiveOfTheseTestsIsTaken() throws IOException {
    unpack(layout().file(BLOB, "blob").bytes());

    assertThat(folder.resolve("store").resolve(BLOB)).hasContent("blob");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../evil",
        "/etc/evil",
        "a/../../evil",
        "blobs/sha256/..",
        "./../index.json",
        "../oci-layout",
        "//evil"
      })
  void aNameThatLeadsOutIsRefused(String name) throws IOException {
    refused(layout().file(name, "x").bytes(), "leads out of the archive");
  }

  @ParameterizedTest
  @CsvSource({"1, hard link", "2, symbolic link", "3, device", "4, device", "6, fifo", "S, sparse"})
  void whatIsNeitherFileNorFolderIsRefused(char type, String what) throws IOException {
    refused(
        layout().special(BLOB, (byte) type, "/etc/passwd").bytes(),
        type == 'S' ? "" : "is a link, a device or the like");
    refused(layout().special("elsewhere", (byte) type, "../" + what).bytes(), "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"index.json", "oci-layout"})
  void aSecondOneIsRefused(String name) throws IOException {
    refused(layout().file(name, name.startsWith("i") ? INDEX : "{}").bytes(), "twice");
    refused(layout().file("./" + name, "{}").bytes(), "twice");
    refused(layout().file("other/" + name, "{}").bytes(), "more than one OCI layout");
  }

  @Test
  void aBlobTwiceIsRefused() throws IOException {
    refused(layout().file(BLOB, "blob").file("./" + BLOB, "blob").bytes(), "twice");
  }

  @Test
  void aBlobThatIsNotWhatItsNameSaysIsRefusedAndNotKept() throws IOException {
    refused(layout().file(BLOB, "bomb").bytes(), "the archive is damaged");

    assertThat(folder.resolve("store").resolve(BLOB)).doesNotExist();
  }

  @Test
  void anArchiveOfDockerIsCalledSo() throws IOException {
    refused(new Tar().file("manifest.json", "[]").file("1.tar", "x").bytes(), "one of Docker");
    unpack(layout().file("manifest.json", "[]").bytes());
  }

  @Test
  void anArchiveThatIsNoneIsCalledSo() throws IOException {
    refused(new Tar().file("README", "x").bytes(), "has no oci-layout");
    refused(new Tar().file("oci-layout", Layout.LAYOUT).bytes(), "has no index.json");
    refused(new byte[0], "");
    refused(utf8("no tar at all, but long enough to be one: ".repeat(100)), "");
    refused(new Tar().file("oci-layout", "{}").file("index.json", INDEX).bytes(), "version");
  }

  @Test
  void aManifestThatIsListedAndNotThereIsNamed() throws IOException {
    var digest = Digest.of(utf8("missing"));
    var index =
        INDEX.replace("[", "[{\"mediaType\":\"m\",\"size\":7,\"digest\":\"" + digest + "\"}");

    refused(
        new Tar().file("oci-layout", Layout.LAYOUT).file("index.json", index).bytes(),
        digest.toString());
  }

  @Test
  void aCutArchiveIsRefusedWhereverItIsCutWithinAFile() throws IOException {
    var archive = new Tar().file(BLOB, "blob").file("oci-layout", Layout.LAYOUT).bytes();
    for (int length : new int[] {1, 100, 511, 513, 515, 1030, 1500, 1537, 1550}) {
      refused(Arrays.copyOf(archive, length), "");
    }
  }

  @Test
  void aCutCompressionIsRefusedAlthoughTheTarIsWhole() throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(layout().bytes());
      // As tar pads, only more: nothing of it is needed to read the entries.
      gzip.write(new byte[100_000]);
    }
    var whole = out.toByteArray();

    unpack(whole);
    refused(Arrays.copyOf(whole, whole.length - 4), "");
  }

  @Test
  void moreThanTheLimitIsRefusedByTheHeaderAlready() throws IOException {
    limits = limits.withMaxBytes(100_000);
    refused(sized(BLOB, 8_000_000_000L), "more than 100000 bytes");
    refused(sized("other", 8_000_000_000L), "more than 100000 bytes");
    refused(
        layout().file("1", new byte[60_000]).file("2", new byte[60_000]).bytes(),
        "more than 100000 bytes");
  }

  @Test
  void anIndexTooLargeToBeOneIsRefusedByTheHeaderAlready() throws IOException {
    refused(sized("index.json", 9_000_000), "more than 8388608 bytes");
  }

  @Test
  void moreEntriesThanAllowedAreRefused() throws IOException {
    limits = new DecompressionLimits(limits.maxBytes(), limits.freeBytes(), 5000, 3, 1 << 20);
    refused(layout().file("1", "").file("2", "").bytes(), "more entries");
  }

  @Test
  void aNameOfManyMebibytesIsNotHeldInMemory() throws IOException {
    var name = new byte[3 << 20];
    Arrays.fill(name, (byte) 'n');
    var tar = new Tar().file("././@LongLink", TarConstants.LF_GNUTYPE_LONGNAME, name);

    refused(tar.file("n", "").bytes(), "header of more than a MiB");
  }

  /** An archive whose only file has a size that it does not have. */
  private static byte[] sized(String name, long size) throws IOException {
    var tar = new Tar().file(name, "").bytes();
    // POSIX: the size in octal at 124, the sum of the header at 148.
    System.arraycopy(
        "%011o\0".formatted(Math.min(size, 077777777777L)).getBytes(StandardCharsets.US_ASCII),
        0,
        tar,
        124,
        12);
    Arrays.fill(tar, 148, 156, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += tar[i] & 0xff;
    }
    System.arraycopy("%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII), 0, tar, 148, 8);
    return tar;
  }

  private static Tar layout() throws IOException {
    return new Tar().file("oci-layout", Layout.LAYOUT).file("index.json", INDEX);
  }

  private void unpack(byte[] archive) throws IOException {
    LayoutArchive.unpack(
        new ByteArrayInputStream(archive), Layout.create(folder.resolve("store")), limits);
  }

  private void refused(byte[] archive, String message) {
    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> unpack(archive))
        .withMessageContaining(message);
  }
}
