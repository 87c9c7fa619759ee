package dev.osimage.oci.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LimitsTest {

  private static final int MIB = 1 << 20;
  private static final DecompressionLimits SMALL =
      new DecompressionLimits(8 * MIB, MIB, 50, 100, 64 * MIB);

  @Test
  void theDefaultsTakeAnEmptyDiskOf64GibInXz() throws IOException {
    long disk = 64L << 30;
    DecompressionLimits.DEFAULT.check(disk, disk / 5_000 + 1);
    // Even the first GiB may be all zeros, in a format that shrinks them to nothing.
    DecompressionLimits.DEFAULT.check(1 << 30, 0);
    assertThatThrownBy(() -> DecompressionLimits.DEFAULT.check(disk, disk / 5_100))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("more than 5000 times its size");
    assertThatThrownBy(() -> DecompressionLimits.DEFAULT.check(disk + 1, disk))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("larger than " + disk + " bytes");
  }

  @ParameterizedTest
  @EnumSource
  void contentThatIsTooLargeIsRefusedAndNoMoreOfItIsDecoded(Compression compression)
      throws IOException {
    var limits = SMALL.withMaxBytes(Samples.PLAIN.length - 1);
    try (var in = open(compression, Samples.compressed(compression), limits)) {
      assertThatThrownBy(in::readAllBytes)
          .isInstanceOf(ContentException.class)
          .hasMessageContaining("larger than 1491 bytes");
    }
    try (var in = open(compression, Samples.compressed(compression), SMALL.withMaxBytes(1492))) {
      assertThat(in.readAllBytes()).isEqualTo(Samples.PLAIN);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "XZ", "ZSTD"})
  void aBombIsStoppedByItsRatioBeforeItsSize(Compression compression) throws IOException {
    var bomb = Samples.compress(compression, new byte[32 * MIB]);
    var out = new Counter();
    try (var in = open(compression, bomb, SMALL.withMaxBytes(1L << 40))) {
      assertThatThrownBy(() -> in.transferTo(out))
          .isInstanceOf(ContentException.class)
          .hasMessageContaining("more than 50 times its size");
    }
    assertThat(out.count).isLessThan(8 * MIB);
  }

  @ParameterizedTest
  @ValueSource(strings = {"window-128m.zst", "window-96m.xz"})
  void aWindowThatIsTooLargeIsRefusedWithAWayOut(String name) {
    var compression = Compression.ofName(name);
    assertThatThrownBy(
            () -> {
              try (var in = open(compression, Samples.read(name), DecompressionLimits.DEFAULT)) {
                in.readAllBytes();
              }
            })
        .isInstanceOf(ContentException.class)
        .hasMessageContaining(compression == Compression.XZ ? "96 MiB" : "128 MiB")
        .hasMessageContaining(compression == Compression.XZ ? "'xz -9'" : "'zstd --long=26'");
    assertThat(Windows.ofProcess().available()).isEqualTo(Windows.BYTES);
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "ZSTD"})
  void aWindowOfAsMuchAsIsAllowedIsTaken(Compression compression) throws IOException {
    // Levels 3 of both need 4 and 2 MiB.
    var content = new byte[9 * MIB];
    var compressed = Samples.compress(compression, content);
    int window = compression == Compression.XZ ? 4 * MIB : 2 * MIB;
    var enough = new DecompressionLimits(16 * MIB, 16 * MIB, 50, 100, window);
    try (var in = open(compression, compressed, enough)) {
      assertThat(in.readAllBytes()).isEqualTo(content);
    }
    var tooLittle = new DecompressionLimits(16 * MIB, 16 * MIB, 50, 100, window / 2);
    try (var in = open(compression, compressed, tooLittle)) {
      assertThatThrownBy(in::readAllBytes)
          .isInstanceOf(ContentException.class)
          .hasMessageContaining("needs a window of " + window / MIB + " MiB");
    }
  }

  @Test
  void aGzipHeaderWithoutEndIsRefused() {
    var header = new byte[] {0x1f, (byte) 0x8b, 8, 8, 0, 0, 0, 0, 0, 3};
    var name = new Endless((byte) 'x');
    var source = new SequenceInputStream(new ByteArrayInputStream(header), name);
    assertThatThrownBy(() -> Compression.GZIP.decompress(source, DecompressionLimits.DEFAULT))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("A header is longer than 1048576 bytes");
    assertThat(name.count).isLessThan(4 * MIB);
  }

  @Test
  void aTarHeaderThatClaimsEightExbibytesIsRefusedAtItsEnd() {
    var tar = Samples.join(Tars.header("big", '0', Long.MAX_VALUE), new byte[4096]);
    assertThatThrownBy(() -> Reading.of(tar, SMALL, "big")).isInstanceOf(ContentException.class);
    assertThatThrownBy(() -> Reading.of(tar, SMALL, "other")).isInstanceOf(ContentException.class);
  }

  @ParameterizedTest
  @ValueSource(chars = {'x', 'g', 'L', 'K'})
  void aLongHeaderOfATarIsRefused(char type) {
    var claim = Tars.header("h", type, 1L << 40);
    // A record that says that it is 2,000,000,000 bytes long.
    var record = Samples.ascii("2000000000 path=");
    var source =
        new SequenceInputStream(
            Collections.enumeration(
                List.of(
                    new ByteArrayInputStream(claim),
                    new ByteArrayInputStream(record),
                    new Endless((byte) 'x'))));
    assertThatThrownBy(() -> Archive.read(source, Reading.asTheyAre("k"), SMALL, new Reading()))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("A header is longer than 1048576 bytes");
  }

  @ParameterizedTest
  @ValueSource(chars = {'x', 'g', 'L', 'K'})
  void manyHeadersOfATarBeforeOneEntryAreRefused(char type) {
    var header = Tars.header("h", type, 0);
    var many = new byte[4096 * 512];
    for (int i = 0; i < many.length; i += 512) {
      System.arraycopy(header, 0, many, i, 512);
    }
    var tar = Samples.join(many, Tars.file("k", "x"), Tars.END);
    assertThatThrownBy(() -> Reading.of(tar, SMALL, "k"))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("A header is longer than 1048576 bytes");
  }

  @Test
  void holesCountAsOutput() {
    var sparse =
        Samples.join(
            Tars.pax(
                "GNU.sparse.major", "0",
                "GNU.sparse.minor", "1",
                "GNU.sparse.name", "disk",
                "GNU.sparse.size", "2147483647",
                "GNU.sparse.map", "2147483646,1"),
            Tars.file("x", "e"));
    var tar = Samples.join(sparse, Tars.file("k", "kernel"), Tars.END);
    assertThatThrownBy(() -> Reading.of(tar, SMALL, "disk"))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("times its size");
  }

  @Test
  void holesOfFilesThatNobodyAskedForCostNothing() throws IOException {
    var sparse =
        Samples.join(
            Tars.pax(
                "GNU.sparse.major", "0",
                "GNU.sparse.minor", "1",
                "GNU.sparse.name", "disk",
                "GNU.sparse.size", "2147483647",
                "GNU.sparse.map", "2147483646,1"),
            Tars.file("x", "e"));
    var tar = Samples.join(sparse, Tars.file("k", "kernel"), Tars.END);
    assertThat(Reading.of(tar, SMALL, "k").get("k")).isEqualTo(Samples.ascii("kernel"));
  }

  @Test
  void aZipThatClaimsToBeHugeIsRefusedAtItsEnd() throws IOException {
    var zip = Samples.read("stored.zip");
    for (int i = 18; i < 26; i++) {
      zip[i] = (byte) 0xfe;
    }
    assertThatThrownBy(() -> Reading.of(zip, "plain")).isInstanceOf(ContentException.class);
    assertThatThrownBy(() -> Reading.of(zip, "other")).isInstanceOf(ContentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bomb", "harmless"})
  void aBombInAZipIsStoppedWhetherItIsWantedOrNot(String wanted) throws IOException {
    var zip = Zips.streamed("bomb", new byte[32 * MIB], "harmless", new byte[1]);
    assertThatThrownBy(() -> Reading.of(zip, SMALL, wanted))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("times its size");
  }

  @Test
  void archivesInArchivesAreNotOpened() throws IOException {
    var inner = Zips.streamed("bomb", new byte[32 * MIB]);
    var zip = Zips.streamed("inner.zip", inner);
    assertThat(Reading.of(zip, SMALL, "inner.zip").get("inner.zip")).isEqualTo(inner);
  }

  @Test
  void anArchiveMayHaveSoManyEntriesAndNoMore() throws IOException {
    var tar = new byte[101 * 512];
    for (int i = 0; i < 101; i++) {
      System.arraycopy(Tars.header("f" + i, '0', 0), 0, tar, i * 512, 512);
    }
    var hundred = Samples.join(Arrays.copyOf(tar, 100 * 512), Tars.END);
    assertThat(Reading.of(hundred, SMALL, "f99")).hasSize(1);
    assertThatThrownBy(() -> Reading.of(Samples.join(tar, Tars.END), SMALL, "f99"))
        .isInstanceOf(ContentException.class)
        .hasMessage("The archive has more than 100 entries");
  }

  @Test
  void aPathOfAnEntryIsBounded() {
    var tar = Samples.join(Tars.entry("long", 'L', "x".repeat(4097)), Tars.file("x", ""), Tars.END);
    assertThatThrownBy(() -> Reading.of(tar, "k"))
        .isInstanceOf(ContentException.class)
        .hasMessage("The archive has an entry whose path is longer than 4096 characters");
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"NONE", "BZIP2", "LZ4"})
  void manyEmptyOnesAfterOneAnotherAreRead(Compression compression) throws IOException {
    var empty = Samples.compress(compression, new byte[0]);
    var many = new byte[5_000 * empty.length];
    for (int i = 0; i < many.length; i += empty.length) {
      System.arraycopy(empty, 0, many, i, empty.length);
    }
    try (var in = open(compression, many, SMALL)) {
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  private static InputStream open(Compression compression, byte[] bytes, DecompressionLimits limits)
      throws IOException {
    return compression.decompress(new ByteArrayInputStream(bytes), limits);
  }

  /** Counts what is written. */
  private static final class Counter extends OutputStream {

    long count;

    @Override
    public void write(int b) {
      count++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      count += length;
    }
  }

  /** The same byte for ever. */
  private static final class Endless extends InputStream {

    private final byte value;
    long count;

    Endless(byte value) {
      this.value = value;
    }

    @Override
    public int read() {
      count++;
      return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      Arrays.fill(bytes, offset, offset + length, value);
      count += length;
      return length;
    }
  }
}
