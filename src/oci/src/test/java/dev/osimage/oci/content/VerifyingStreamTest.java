package dev.osimage.oci.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerifyingStreamTest {

  private static final byte[] CONTENT = bytes("content");
  private static final Descriptor DESCRIPTOR = Descriptor.of("a/b", CONTENT);

  @Test
  void whatIsAsPromisedPassesHoweverItIsRead() throws IOException {
    assertThat(verifying("content").readAllBytes()).isEqualTo(CONTENT);
    try (var stream = verifying("content")) {
      assertThat(stream.read()).isEqualTo('c');
      assertThat(stream.skip(2)).isEqualTo(2);
      assertThat(stream.read(new byte[9], 0, 9)).isEqualTo(4);
      assertThat(stream.read()).isEqualTo(-1);
      assertThat(stream.read()).isEqualTo(-1);
      assertThat(stream.markSupported()).isFalse();
    }
  }

  @Test
  void whatIsSkippedIsVerifiedToo() {
    var stream = verifying("cXntent");

    assertThatThrownBy(() -> stream.skipNBytes(8)).isInstanceOf(ContentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "c", "conten", "Content", "contenT"})
  void whatIsMissingOrDifferentFailsAtTheEnd(String content) {
    assertThatThrownBy(() -> verifying(content).readAllBytes())
        .isInstanceOf(ContentException.class)
        .hasMessageStartingWith(
            "the blob %s of a place is damaged: it".formatted(DESCRIPTOR.digest()));
  }

  @Test
  void howMuchIsThereIsSaid() {
    assertThatThrownBy(() -> verifying("conten").readAllBytes())
        .hasMessageEndingWith("it ends after 6 of 7 bytes");
  }

  @Test
  void theFirstByteTooManyFailsAtOnce() {
    var endless =
        new InputStream() {
          @Override
          public int read() {
            return 'x';
          }
        };

    assertThatThrownBy(
            () -> new VerifyingStream(endless, DESCRIPTOR, "a place").readNBytes(1 << 20))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("has more than 7 bytes");
  }

  @Test
  void contentCanBeOpenedMoreThanOnce(@TempDir Path folder) throws IOException {
    var file = Files.write(folder.resolve("file"), CONTENT);
    for (var content : new Content[] {Content.of(CONTENT), Content.of(file)}) {
      assertThat(content.size()).hasValue(7);
      for (int i = 0; i < 2; i++) {
        try (var stream = content.open()) {
          assertThat(stream.readAllBytes()).isEqualTo(CONTENT);
        }
      }
    }
  }

  private static VerifyingStream verifying(String content) {
    return new VerifyingStream(new ByteArrayInputStream(bytes(content)), DESCRIPTOR, "a place");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
