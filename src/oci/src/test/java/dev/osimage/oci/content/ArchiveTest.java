package dev.osimage.oci.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveTest {

  private static final byte[] CONFIG = Samples.ascii("1\n2\n3\n4\n5\n6\n7\n8\n9\n");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gnu.tar.gz",
        "pax.tar.xz",
        "ustar.tar.zst",
        "v7.tar.lz4",
        "files.zip",
      })
  void membersComeOutOfEveryKindOfArchive(String archive) throws IOException {
    var members = Reading.of(Samples.read(archive), "boot/vmlinuz", "boot/config");

    assertThat(members).containsOnlyKeys("boot/config", "boot/vmlinuz");
    assertThat(members.get("boot/vmlinuz")).isEqualTo(Samples.PLAIN);
    assertThat(members.get("boot/config")).isEqualTo(CONFIG);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu.tar.gz", "pax.tar.xz"})
  void aPathMayBeLongerThanATarHeader(String archive) throws IOException {
    var part = "long".repeat(30);
    var path = part + "/" + part + "/file";
    assertThat(Reading.of(Samples.read(archive), path).get(path)).isEqualTo(Samples.PLAIN);
  }

  @Test
  void anEntryMayBeStreamedIntoAZip() throws IOException {
    var members = Reading.of(Samples.read("streamed.zip"), "plain", "boot/config");
    assertThat(members.get("plain")).isEqualTo(Samples.PLAIN);
    assertThat(members.get("boot/config")).isEqualTo(CONFIG);
    assertThat(Reading.of(Samples.read("streamed.zip"), "boot/config")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"boot/vmlinuz", "./boot/vmlinuz", "/boot/vmlinuz", "boot//./vmlinuz"})
  void aPathMayBeginWithADotOrASlash(String path) throws IOException {
    for (var name : new String[] {"boot/vmlinuz", "./boot/vmlinuz", "/boot/vmlinuz"}) {
      var tar = Samples.join(Tars.file("boot/other", "x"), Tars.file(name, "kernel"), Tars.END);
      assertThat(Reading.of(tar, path).get(path)).as(name).isEqualTo(Samples.ascii("kernel"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", ".", "./", "..", "../etc/passwd", "boot/../vmlinuz", "/.."})
  void aPathThatLeavesTheArchiveIsRefused(String path) {
    assertThatThrownBy(() -> Reading.of(Tars.END, path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + path + "' is not the path of a file in an archive");
  }

  @Test
  void oneMemberCannotBeAskedForTwice() {
    assertThatThrownBy(() -> Reading.of(Tars.END, "a/b", "./a/b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'a/b' and './a/b' are the same member of an archive");
  }

  @Test
  void theSizeIsToldBeforehand() throws IOException {
    for (var archive : new String[] {"gnu.tar.gz", "files.zip"}) {
      var reading = new Reading();
      Archive.read(
          new ByteArrayInputStream(Samples.read(archive)),
          Reading.asTheyAre("boot/vmlinuz"),
          DecompressionLimits.DEFAULT,
          reading);
      assertThat(reading.sizes).containsValue(OptionalLong.of(Samples.PLAIN.length));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gnu.tar.gz  | boot/link | is a symbolic link to 'vmlinuz'; name its target instead",
        "pax.tar.xz  | boot/hard | is a hard link to 'boot/vmlinuz'; name its target instead",
        "gnu.tar.gz  | boot/pipe | is a named pipe, which has no content",
        "gnu.tar.gz  | boot      | is a directory; name a file in it",
        "files.zip   | boot      | is a directory; name a file in it",
        "encrypted.zip | plain   | is encrypted; make the archive anew without a password",
        "stored-streamed.zip | plain | is stored without its size before it; make the archive anew",
      })
  void whatIsNoRegularFileIsRefusedAndNamed(String archive, String path, String sentence) {
    assertThatThrownBy(() -> Reading.of(Samples.read(archive), path))
        .isInstanceOf(ContentException.class)
        .hasMessageStartingWith("'" + path + "' of the archive " + sentence);
  }

  @Test
  void anEntryInTheWayThatCannotBeSkippedIsRefusedAndNamed() {
    assertThatThrownBy(() -> Reading.of(Samples.read("stored-streamed.zip"), "other"))
        .isInstanceOf(ContentException.class)
        .hasMessageStartingWith("The zip archive can't be read as a stream: 'plain' ");
  }

  @Test
  void devicesAreRefused() {
    for (char type : new char[] {'3', '4'}) {
      var tar = Samples.join(Tars.entry("disk", type, ""), Tars.END);
      assertThatThrownBy(() -> Reading.of(tar, "disk"))
          .isInstanceOf(ContentException.class)
          .hasMessageContaining("is a device");
    }
  }

  @Test
  void aMissingMemberIsNamedWithWhatLooksLikeIt() {
    assertThatThrownBy(() -> Reading.of(Samples.read("gnu.tar.gz"), "boot/config", "vmlinuz"))
        .isInstanceOf(ContentException.class)
        .hasMessage("The archive has no 'vmlinuz'; it has 'boot/vmlinuz'");
    assertThatThrownBy(() -> Reading.of(Samples.read("gnu.tar.gz"), "initrd"))
        .isInstanceOf(ContentException.class)
        .hasMessage("The archive has no 'initrd'");
  }

  @Test
  void noMoreThanThreeHintsAreGiven() {
    var tar =
        Samples.join(
            Tars.file("a/k", ""),
            Tars.file("b/k", ""),
            Tars.file("c/k", ""),
            Tars.file("d/k", ""),
            Tars.END);
    assertThatThrownBy(() -> Reading.of(tar, "k"))
        .hasMessage("The archive has no 'k'; it has 'a/k', 'b/k', 'c/k'");
  }

  @Test
  void aMemberThatIsThereTwiceIsRefusedEvenAfterItWasHandedOut() {
    var tar = Samples.join(Tars.file("k", "one"), Tars.file("./k", "two"), Tars.END);
    var reading = new Reading();
    assertThatThrownBy(() ->
            Archive.read(
                new ByteArrayInputStream(tar),
                Reading.asTheyAre("k"),
                DecompressionLimits.DEFAULT,
                reading))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("more than one entry for 'k'");
    assertThat(reading.members.get("k")).isEqualTo(Samples.ascii("one"));
  }

  @Test
  void aZipMemberThatIsThereTwiceIsRefused() throws IOException {
    var zip = Samples.read("stored.zip");
    var entry = Arrays.copyOf(zip, 30 + "plain".length() + Samples.PLAIN.length);
    assertThatThrownBy(() -> Reading.of(Samples.join(entry, zip), "plain"))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("more than one entry for 'plain'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"files.zip", "streamed.zip", "stored.zip"})
  void aZipThatIsCutAnywhereIsRefused(String archive) throws IOException {
    var whole = Samples.read(archive);
    for (int length = 0; length < whole.length; length++) {
      var cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> Reading.of(cut, "plain"))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(ContentException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ustar.tar.zst", "sparse-1.0.tar.xz", "sparse-gnu.tar.bz2"})
  void aTarThatIsCutBeforeItsEndMarkIsRefused(String archive) throws IOException {
    var whole = Samples.plainTar(archive);
    int end = whole.length;
    while (whole[end - 1] == 0) {
      end--;
    }
    end = (end + 511) / 512 * 512;
    for (int length = 0; length < end; length += 61) {
      var cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> Reading.of(cut, "boot/config"))
          .as("%d of %d bytes", length, end)
          .isInstanceOf(ContentException.class);
    }
    var lonely = Arrays.copyOf(whole, end + 512);
    assertThat(Reading.of(lonely, "boot/config").get("boot/config")).isEqualTo(CONFIG);
  }

  @ParameterizedTest
  @ValueSource(strings = {"stored.zip", "streamed.zip", "files.zip"})
  void aZipMemberWithAnotherChecksumIsRefused(String archive) throws IOException {
    var zip = Samples.read(archive);
    // The checksum of the first entry, before or after its data.
    int at = archive.equals("streamed.zip") ? Samples.indexOf(zip, "PK\7\10") + 4 : 14;
    zip[at] ^= 1;
    assertThatThrownBy(() -> Reading.of(zip, "plain"))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("'plain' has not the size and checksum that the archive says");
  }

  @Test
  void aHeaderOfATarWithAnotherChecksumIsRefused() {
    var second = Tars.file("k", "kernel");
    second[0] = 'K';
    var tar = Samples.join(Tars.file("a", "x"), second, Tars.END);
    assertThatThrownBy(() -> Reading.of(tar, "K"))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("a header has a wrong checksum");
  }

  @Test
  void whatIsNoArchiveIsRefused() {
    for (var content : new byte[][] {{}, Samples.PLAIN, new byte[4096]}) {
      assertThatThrownBy(() -> Reading.of(content, "k"))
          .isInstanceOf(ContentException.class)
          .hasMessageStartingWith("The content is neither a tar nor a zip archive");
    }
  }

  @Test
  void theSourceIsReadToItsEndAndClosed() throws IOException {
    var source =
        new Samples.Closeable(Samples.join(Tars.file("k", "kernel"), Tars.END, new byte[300_000]));
    Archive.read(
        source, Reading.asTheyAre("k"), DecompressionLimits.DEFAULT, (path, content, size) -> {});
    assertThat(source.available()).isZero();
    assertThat(source.closed).isTrue();
  }

  @Test
  void garbageAfterACompressedArchiveIsRefused() throws IOException {
    var archive = Samples.join(Samples.read("ustar.tar.zst"), Samples.ascii("garbage"));
    assertThatThrownBy(() -> Reading.of(archive, "boot/config"))
        .isInstanceOf(ContentException.class);
  }

  @Test
  void whatTheHandlerThrowsIsPassedOnAsItIs() {
    var full = new IOException("the registry is full");
    assertThatThrownBy(() ->
            Archive.read(
                new ByteArrayInputStream(Samples.read("gnu.tar.gz")),
                Reading.asTheyAre("boot/config"),
                DecompressionLimits.DEFAULT,
                (path, content, size) -> {
                  throw full;
                }))
        .isSameAs(full);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu.tar.gz", "pax.tar.xz", "ustar.tar.zst", "files.zip", "v7.tar.lz4"})
  void aFailureOfTheSourceIsPassedOnAsItIs(String archive) throws IOException {
    var reset = new IOException("connection reset");
    var bytes = Samples.read(archive);
    for (int length = 0; length < bytes.length; length += 37) {
      var source = Samples.failingAfter(bytes, length, reset);
      assertThatThrownBy(() ->
              Archive.read(
                  source,
                  Reading.asTheyAre("boot/config"),
                  DecompressionLimits.DEFAULT,
                  new Reading()))
          .as("after %d bytes", length)
          .isSameAs(reset);
    }
  }

  @Test
  void aMemberIsOverWhenItsHandlerHasReturned() throws IOException {
    var kept = new InputStream[1];
    Archive.read(
        new ByteArrayInputStream(Samples.read("gnu.tar.gz")),
        Reading.asTheyAre("boot/config"),
        DecompressionLimits.DEFAULT,
        (path, content, size) -> kept[0] = content);
    assertThat(kept[0].read()).isEqualTo(-1);
  }

  @Test
  void compressedMembersComeOutDecompressed() throws IOException {
    var tar =
        Samples.join(
            Tars.file("a.xz", Samples.text("plain.xz")),
            Tars.file("b.zst", Samples.text("plain.zst")),
            Tars.file("c.gz", Samples.text("plain.gz")),
            Tars.END);
    for (var outer : new Compression[] {Compression.NONE, Compression.XZ, Compression.ZSTD}) {
      var reading = new Reading();
      Archive.read(
          new ByteArrayInputStream(Samples.compress(outer, tar)),
          Map.of("a.xz", Compression.XZ, "b.zst", Compression.ZSTD, "c.gz", Compression.NONE),
          DecompressionLimits.DEFAULT,
          reading);
      assertThat(reading.members.get("a.xz")).isEqualTo(Samples.PLAIN);
      assertThat(reading.members.get("b.zst")).isEqualTo(Samples.PLAIN);
      assertThat(reading.members.get("c.gz")).isEqualTo(Samples.read("plain.gz"));
      assertThat(reading.sizes.get("a.xz")).isEmpty();
    }
    assertThat(Windows.ofProcess().available()).isEqualTo(Windows.BYTES);
  }

  @Test
  void aCompressedMemberThatIsCutIsRefused() {
    var cut = Samples.text("plain.xz").substring(0, 300);
    var tar = Samples.join(Tars.file("a.xz", cut), Tars.file("b", "x"), Tars.END);
    assertThatThrownBy(() ->
            Archive.read(
                new ByteArrayInputStream(tar),
                Map.of("a.xz", Compression.XZ),
                DecompressionLimits.DEFAULT,
                new Reading()))
        .isInstanceOf(ContentException.class)
        .hasMessageStartingWith("The xz data is damaged or cut short");
  }

  @ParameterizedTest
  @CsvSource({"plain.xz, XZ", "plain.zst, ZSTD", "plain.gz, GZIP"})
  void aMemberThatTheHandlerLeavesUnreadIsVerified(String name, Compression compression) {
    var damaged = Samples.text(name);
    damaged = damaged.substring(0, damaged.length() - 1) + "?";
    var tar = Samples.join(Tars.file("m", damaged), Tars.END);
    assertThatThrownBy(() -> leaveUnread(tar, Map.of("m", compression)))
        .isInstanceOf(ContentException.class)
        .hasMessageStartingWith("The " + compression.text() + " data is damaged");
  }

  @Test
  void aZipMemberThatTheHandlerLeavesUnreadIsVerified() throws IOException {
    var zip = Samples.read("stored.zip");
    leaveUnread(zip, Reading.asTheyAre("plain"));
    zip[14] ^= 1;
    assertThatThrownBy(() -> leaveUnread(zip, Reading.asTheyAre("plain")))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("'plain' has not the size and checksum that the archive says");
  }

  private static void leaveUnread(byte[] archive, Map<String, Compression> members)
      throws IOException {
    Archive.read(
        new ByteArrayInputStream(archive),
        members,
        DecompressionLimits.DEFAULT,
        (path, content, size) -> {});
  }
}
