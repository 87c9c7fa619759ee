package dev.osimage.oci.layout;

import static dev.osimage.oci.layout.Images.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.DigestMismatchException;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.content.ContentException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlobsTest {

  private static final Descriptor KERNEL = Descriptor.of("a/kernel", utf8("kernel"));

  @TempDir Path root;
  private Layout layout;
  private Path blobs = Path.of("");

  @BeforeEach
  void createALayout() throws IOException {
    layout = Layout.create(root);
    blobs = root.resolve("blobs/sha256");
  }

  @ParameterizedTest
  @CsvSource({"kernem, found sha256:", "kern, there are 4", "kernels, there are more"})
  void nothingIsKeptOfContentThatIsNotWhatWasPromised(String content, String message) {
    assertThatExceptionOfType(Exception.class)
        .isThrownBy(() -> layout.writeBlob(KERNEL, unsized(content)))
        .satisfies(e ->
            assertThat(e).isInstanceOfAny(ContentException.class, DigestMismatchException.class))
        .withMessageContaining(message);

    assertThat(blobs).isEmptyDirectory();
  }

  @Test
  void aWrongSizeIsSeenBeforeAByteIsRead() {
    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> layout.writeBlob(KERNEL, Content.of(utf8("kern"))))
        .withMessageContaining("should have 6 bytes, but there are 4");
  }

  @ParameterizedTest
  @CsvSource({
    "kernem, has the content of sha256:",
    "kern, ends after 4 of 6 bytes",
    "kernels, has more than 6 bytes"
  })
  void aDamagedBlobIsNeverHandedOverAsAWhole(String damaged, String message) throws IOException {
    layout.writeBlob(KERNEL, Content.of(utf8("kernel")));
    Files.writeString(blobs.resolve(KERNEL.digest().hex()), damaged);

    try (var in = layout.blob(KERNEL)) {
      var buffer = new byte[64];
      int[] taken = {0};
      assertThatExceptionOfType(ContentException.class)
          .isThrownBy(() -> {
            for (int read = 0; read >= 0; read = in.read(buffer, 0, 3)) {
              taken[0] += read;
            }
          })
          .withMessageContaining(message);
      assertThat(taken[0]).isLessThan(6);
    }
  }

  @Test
  void aReaderThatKnowsTheSizeNeedNotReadTheEndToLearnOfDamage() throws IOException {
    layout.writeBlob(KERNEL, Content.of(utf8("kernel")));
    Files.writeString(blobs.resolve(KERNEL.digest().hex()), "kernem");

    try (var in = layout.blob(KERNEL)) {
      assertThatExceptionOfType(ContentException.class).isThrownBy(() -> in.readNBytes(6));
    }
  }

  @Test
  void skippedBytesAreCheckedToo() throws IOException {
    layout.writeBlob(KERNEL, Content.of(utf8("kernel")));

    try (var in = layout.blob(KERNEL)) {
      in.skipNBytes(4);
      assertThat(in.readAllBytes()).isEqualTo(utf8("el"));
    }
  }

  @Test
  void theEmptyBlobIsABlob() throws IOException {
    var empty = Descriptor.of("a/b", new byte[0]);
    layout.writeBlob(empty, Content.of(new byte[0]));

    assertThat(layout.hasBlob(empty)).isTrue();
    assertThat(layout.blob(empty).readAllBytes()).isEmpty();
  }

  @Test
  void aCutBlobCountsAsMissingAndIsReplaced() throws IOException {
    Files.writeString(blobs.resolve(KERNEL.digest().hex()), "kern");
    assertThat(layout.hasBlob(KERNEL)).isFalse();

    layout.writeBlob(KERNEL, Content.of(utf8("kernel")));

    assertThat(layout.hasBlob(KERNEL)).isTrue();
    assertThat(layout.blob(KERNEL).readAllBytes()).isEqualTo(utf8("kernel"));
  }

  @Test
  void aMissingBlobIsAnErrorThatNamesIt() {
    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> layout.blob(KERNEL))
        .withMessageContaining("no blob " + KERNEL.digest());
  }

  @Test
  void aBlobMayBeALinkButNothingElseThanAFile() throws IOException {
    var elsewhere = Files.writeString(root.resolve("elsewhere"), "kernel");
    Files.createSymbolicLink(blobs.resolve(KERNEL.digest().hex()), elsewhere);
    assertThat(layout.hasBlob(KERNEL)).isTrue();
    assertThat(layout.blob(KERNEL).readAllBytes()).isEqualTo(utf8("kernel"));

    var other = Descriptor.of("a/b", utf8("other"));
    Files.createSymbolicLink(blobs.resolve(other.digest().hex()), Path.of("/dev/zero"));
    assertThat(layout.hasBlob(other)).isFalse();
    assertThatExceptionOfType(ContentException.class).isThrownBy(() -> layout.blob(other));
  }

  @Test
  void noManifestIsReadThatIsTooLargeForOne() throws IOException {
    var digest = Digest.of(utf8("x"));
    try (var file =
        FileChannel.open(
            blobs.resolve(digest.hex()), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.position(Manifest.MAX_BYTES).write(ByteBuffer.wrap(new byte[1]));
    }

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> layout.manifest(digest.toString()))
        .withMessageContaining("which no manifest has");
  }

  @Test
  void aTamperedManifestIsRefused() throws IOException {
    var image = Images.image(layout, "1");
    var file = blobs.resolve(image.digest().hex());
    Files.writeString(file, Files.readString(file).replace("\"size\":1", "\"size\":2"));

    assertThatExceptionOfType(ContentException.class)
        .isThrownBy(() -> layout.manifest(image.digest().toString()))
        .withMessageContaining("is damaged");
  }

  @Test
  void whatADeadWriterLeftIsRemovedByTheNextAndWhatALiveOneWritesIsNot() throws IOException {
    var left = Files.writeString(blobs.resolve(".osimage-part-" + UUID.randomUUID()), "half");
    var leftInRoot = Files.writeString(root.resolve(".osimage-part-" + UUID.randomUUID()), "{");
    var foreign = Files.writeString(blobs.resolve(".part-of-something-else"), "x");
    var live = DurableFile.in(blobs);
    live.write(utf8("ker"));

    Layout.open(root).writeBlob(KERNEL, Content.of(utf8("kernel")));

    assertThat(left).doesNotExist();
    assertThat(leftInRoot).doesNotExist();
    assertThat(foreign).exists();
    var other = Descriptor.of("a/b", utf8("kern"));
    live.write(utf8("n"));
    live.commit(other.digest().hex());
    assertThat(layout.blob(other).readAllBytes()).isEqualTo(utf8("kern"));
  }

  @Test
  void aFailingSourceLeavesNothing() {
    var failing =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("cut");
          }

          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            throw new IOException("cut");
          }
        };

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> layout.writeBlob(KERNEL, failing))
        .withMessage("cut");
    assertThat(blobs).isEmptyDirectory();
  }

  @Test
  void anOldManifestListIsReadAsOne() throws IOException {
    var list = new Manifest(MediaTypes.DOCKER_MANIFEST_LIST, utf8("{\"manifests\":[]}"));
    layout.writeManifest(list);

    assertThat(layout.manifest(list.digest().toString())).contains(list);
  }

  private static Content unsized(String text) {
    return new Content() {
      @Override
      public OptionalLong size() {
        return OptionalLong.empty();
      }

      @Override
      public InputStream open() {
        return new ByteArrayInputStream(utf8(text));
      }
    };
  }
}
