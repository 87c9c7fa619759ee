package dev.osimage.oci.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {

  @ParameterizedTest
  @CsvSource({
    "rootfs.raw.gz, GZIP",
    "rootfs.tgz, GZIP",
    "ROOTFS.TAR.XZ, XZ",
    "a.txz, XZ",
    "a.zst, ZSTD",
    "a.tzst, ZSTD",
    "a.bz2, BZIP2",
    "a.tbz2, BZIP2",
    "a.lz4, LZ4",
    "vmlinuz, NONE",
    "gz, NONE",
    "a.xz.sig, NONE"
  })
  void theSuffixOfANameTellsTheCompression(String name, Compression compression) {
    assertThat(Compression.ofName(name)).isEqualTo(compression);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void theBeginningOfTheContentTellsTheCompression(Compression compression) throws IOException {
    var start = Arrays.copyOf(Samples.compressed(compression), Compression.DETECT_BYTES);
    assertThat(Compression.detect(start)).isEqualTo(compression);
    for (int length = 0; length < 2; length++) {
      assertThat(Compression.detect(Arrays.copyOf(start, length))).isEqualTo(Compression.NONE);
    }
  }

  @Test
  void aSkippableFrameIsTheBeginningOfZstd() {
    assertThat(Compression.detect(new byte[] {0x5f, 0x2a, 0x4d, 0x18})).isEqualTo(Compression.ZSTD);
    assertThat(Compression.detect(new byte[] {0x60, 0x2a, 0x4d, 0x18})).isEqualTo(Compression.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"MZ", "hsqs", "BZh0", "BZhello", "PK\3\4", "\u001f\u009d\u0090"})
  void otherBeginningsAreNoCompression(String start) {
    assertThat(Compression.detect(start.getBytes(StandardCharsets.ISO_8859_1)))
        .isEqualTo(Compression.NONE);
  }

  @ParameterizedTest
  @EnumSource
  void whatWasCompressedComesOutAgain(Compression compression) throws IOException {
    assertThat(decompress(compression, Samples.compressed(compression))).isEqualTo(Samples.PLAIN);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void readingByteByByteGivesTheSame(Compression compression) throws IOException {
    try (var in = open(compression, Samples.compressed(compression))) {
      for (byte expected : Samples.PLAIN) {
        assertThat(in.read()).isEqualTo(expected & 0xff);
      }
      assertThat(in.read()).isEqualTo(-1);
      assertThat(in.read(new byte[1])).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void severalOnesAfterOneAnotherAreOneContent(Compression compression) throws IOException {
    var once = Samples.compressed(compression);
    assertThat(decompress(compression, Samples.join(once, once, once)))
        .isEqualTo(Samples.join(Samples.PLAIN, Samples.PLAIN, Samples.PLAIN));
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void anythingElseAfterTheEndIsRefused(Compression compression) throws IOException {
    var once = Samples.compressed(compression);
    for (var garbage : new String[] {"x", "garbage", "\0\0\0\0", "\0\0\0\0garbage after padding"}) {
      // Zeros after an xz stream are padding.
      if (compression == Compression.XZ && garbage.equals("\0\0\0\0")) {
        continue;
      }
      var more = Samples.join(once, garbage.getBytes(StandardCharsets.US_ASCII));
      assertThatThrownBy(() -> decompress(compression, more))
          .as(garbage)
          .isInstanceOf(ContentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void contentThatIsCutAnywhereIsRefused(Compression compression) throws IOException {
    var whole = Samples.compressed(compression);
    for (int length = 0; length < whole.length; length++) {
      var cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> decompress(compression, cut))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(ContentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void aSecondOneThatIsCutAnywhereIsRefused(Compression compression) throws IOException {
    var once = Samples.compressed(compression);
    var twice = Samples.join(once, once);
    for (int length = once.length + 1; length < twice.length; length++) {
      var cut = Arrays.copyOf(twice, length);
      assertThatThrownBy(() -> decompress(compression, cut))
          .as("%d of %d bytes", length, twice.length)
          .isInstanceOf(ContentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void otherContentIsRefusedWithASentenceThatNamesTheFormat(Compression compression) {
    assertThatThrownBy(() ->
            decompress(
                compression, "#!/bin/sh\necho no image\n".getBytes(StandardCharsets.US_ASCII)))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining(compression.text());
  }

  @ParameterizedTest
  @EnumSource
  void aFailureOfTheSourceIsPassedOnAsItIs(Compression compression) throws IOException {
    var reset = new IOException("connection reset");
    var bytes = Samples.compressed(compression);
    for (int length : new int[] {0, 3, bytes.length / 2, bytes.length}) {
      var source = Samples.failingAfter(bytes, length, reset);
      assertThatThrownBy(
              () -> {
                try (var in = compression.decompress(source, DecompressionLimits.DEFAULT)) {
                  in.readAllBytes();
                }
              })
          .as("after %d bytes", length)
          .isSameAs(reset);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void aFailureIsNotFollowedByAnEnd(Compression compression) throws IOException {
    var whole = Samples.compressed(compression);
    try (var in = open(compression, Arrays.copyOf(whole, whole.length - 1))) {
      assertThatThrownBy(in::readAllBytes).isInstanceOf(ContentException.class);
      assertThatThrownBy(in::read).isInstanceOf(ContentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void closingClosesTheSource(Compression compression) throws IOException {
    var source = new Samples.Closeable(Samples.compressed(compression));
    compression.decompress(source, DecompressionLimits.DEFAULT).close();
    assertThat(source.closed).isTrue();
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"GZIP", "BZIP2", "LZ4"})
  void aSourceThatCannotBeOpenedIsClosed(Compression compression) {
    var source = new Samples.Closeable(new byte[] {1, 2, 3});
    assertThatThrownBy(() -> compression.decompress(source, DecompressionLimits.DEFAULT))
        .isInstanceOf(ContentException.class);
    assertThat(source.closed).isTrue();
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "GZIP", "XZ", "ZSTD"})
  void whatIsCompressedIsReproducibleAndComesOutAgain(Compression compression) throws IOException {
    var content = new byte[300_000];
    new Random(1).nextBytes(content);
    var compressed = Samples.compress(compression, content);
    assertThat(decompress(compression, compressed)).isEqualTo(content);
    assertThat(Samples.compress(compression, content)).isEqualTo(compressed);
  }

  @Test
  void aGzipHeaderSaysNothingOfNameTimeOrSystem() throws IOException {
    assertThat(Arrays.copyOf(Samples.compress(Compression.GZIP, new byte[1]), 10))
        .isEqualTo(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff});
  }

  @ParameterizedTest
  @EnumSource(names = {"BZIP2", "LZ4"})
  void othersAreOnlyDecompressed(Compression compression) {
    assertThatThrownBy(() -> compression.compress(OutputStream.nullOutputStream()))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining(compression.text());
  }

  private static InputStream open(Compression compression, byte[] bytes) throws IOException {
    return compression.decompress(new ByteArrayInputStream(bytes), DecompressionLimits.DEFAULT);
  }

  private static byte[] decompress(Compression compression, byte[] bytes) throws IOException {
    try (var in = open(compression, bytes)) {
      return in.readAllBytes();
    }
  }
}
