package dev.osimage.oci.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SparseFilesTest {

  private static final byte[] CONFIG = Samples.ascii("1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  private static final DecompressionLimits NO_RATIO =
      new DecompressionLimits(1L << 40, 1L << 40, 1, 100, Windows.BYTES);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sparse-gnu.tar.bz2",
        "sparse-0.0.tar.xz",
        "sparse-0.1.tar.xz",
        "sparse-1.0.tar.xz"
      })
  void theHolesOfASparseFileAreZeros(String archive) throws IOException {
    var expected = new byte[60_000];
    for (int i = 0; i < 6; i++) {
      System.arraycopy(Samples.ascii("part" + i), 0, expected, i * 8192, 5);
    }
    var reading = new Reading();
    Archive.read(
        new ByteArrayInputStream(Samples.read(archive)),
        Reading.asTheyAre("disk.raw", "boot/config"),
        DecompressionLimits.DEFAULT,
        reading);

    assertThat(reading.members.get("disk.raw")).isEqualTo(expected);
    assertThat(reading.sizes.get("disk.raw")).hasValue(60_000);
    assertThat(reading.members.get("boot/config")).isEqualTo(CONFIG);
    assertThat(Reading.of(Samples.read(archive), "boot/config").get("boot/config"))
        .isEqualTo(CONFIG);
  }

  @Test
  void aDiskOf3GibComesOutOfPax() throws IOException {
    Archive.read(
        new ByteArrayInputStream(Samples.read("sparse-3g.tar.xz")),
        Reading.asTheyAre("3g.raw"),
        NO_RATIO,
        (path, content, size) -> {
          assertThat(size).hasValue(3L << 30);
          assertThat(content.readNBytes(5)).isEqualTo(Samples.ascii("begin"));
          requireZeros(content, (5L << 29) - 5);
          assertThat(content.readNBytes(3)).isEqualTo(Samples.ascii("end"));
          requireZeros(content, (1L << 29) - 3);
          assertThat(content.read()).isEqualTo(-1);
        });
  }

  @Test
  void aDiskOf10GibHasItsMapInHeadersOfGnu() throws IOException {
    var tar = Samples.plainTar("sparse-10g.tar.xz");
    var header = new TarHeader(Arrays.copyOf(tar, 512));
    var map = SparseMap.ofGnu(header, new ByteArrayInputStream(tar, 512, 512));

    assertThat(map.size()).isEqualTo(10L << 30);
    assertThat(map.parts()).contains(new SparseMap.Part(35L << 28, 4096)).hasSize(7);
    assertThat(Reading.of(tar, "boot/config").get("boot/config")).isEqualTo(CONFIG);
  }

  @ParameterizedTest
  @ValueSource(strings = {"3g", "10g"})
  void whatFollowsALargeDiskIsFoundWithoutItsHoles(String name) throws IOException {
    var few = new DecompressionLimits(1 << 20, 1 << 20, 100, 2, Windows.BYTES);
    var archive = Samples.read("sparse-" + name + ".tar.xz");
    assertThat(Reading.of(archive, few, "boot/config").get("boot/config")).isEqualTo(CONFIG);
  }

  @Test
  void aMapMayEndBeforeTheFile() throws IOException {
    var list = Samples.join(disk("0", "1024", "2,3"), Tars.file("x", "abc"), Tars.END);
    var before = "1\n2\n3\n" + "\0".repeat(506) + "abc";
    var data = Samples.join(disk("1", "1024", ""), Tars.file("x", before), Tars.END);
    var expected = new byte[1024];
    System.arraycopy(Samples.ascii("abc"), 0, expected, 2, 3);

    assertThat(Reading.of(list, "disk").get("disk")).isEqualTo(expected);
    assertThat(Reading.of(data, "disk").get("disk")).isEqualTo(expected);
  }

  @Test
  void aMapMayFillItsBlock() throws IOException {
    var map = "127\n" + "0\n0\n".repeat(126) + "1\n3\n";
    assertThat(map).hasSize(512);
    var tar = Samples.join(disk("1", "4", ""), Tars.file("x", map + "abc"), Tars.END);
    assertThat(Reading.of(tar, "disk").get("disk")).isEqualTo(Samples.ascii("\0abc"));
  }

  @Test
  void aSparseFileOfManySmallPartsIsRead() throws IOException {
    int parts = 20_000;
    var map = new StringBuilder();
    for (int i = 0; i < parts; i++) {
      map.append(i == 0 ? "" : ",").append(2 * i).append(",1");
    }
    var tar =
        Samples.join(
            Tars.pax(
                "GNU.sparse.major", "0",
                "GNU.sparse.minor", "1",
                "GNU.sparse.name", "disk",
                "GNU.sparse.size", String.valueOf(2 * parts),
                "GNU.sparse.map", map + "," + 2 * parts + ",0"),
            Tars.file("x", "d".repeat(parts)),
            Tars.END);
    assertThat(new String(Reading.of(tar, "disk").get("disk"), StandardCharsets.US_ASCII))
        .isEqualTo("d\0".repeat(parts));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0,512,512,512",
        "0,2000",
        "5,1,3,1",
        "9223372036854775807,9",
        "0,511",
        "1000,512",
        "0",
        "a,b",
        "-1,512"
      })
  void aMapOfHolesThatCannotBeIsRefused(String map) {
    var tar =
        Samples.join(
            Tars.pax(
                "GNU.sparse.major", "0",
                "GNU.sparse.minor", "1",
                "GNU.sparse.name", "disk",
                "GNU.sparse.size", "1024",
                "GNU.sparse.map", map),
            Tars.file("x", "d".repeat(512)),
            Tars.file("secret", "s".repeat(512)),
            Tars.END);
    assertThatThrownBy(() -> Reading.of(tar, "disk")).isInstanceOf(ContentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1\n", "1\n0\n", "x\n", "2\n0\n512\n", "9999999999999999999\n"})
  void aMapBeforeTheDataThatCannotBeIsRefused(String map) {
    var data = map + "\0".repeat(512 - map.length()) + "d".repeat(512);
    var tar = Samples.join(disk("1", "1024", ""), Tars.file("x", data), Tars.END);
    assertThatThrownBy(() -> Reading.of(tar, "disk")).isInstanceOf(ContentException.class);
  }

  @Test
  void aMapWithoutEndIsRefused() {
    var map = "99999999\n" + "0\n".repeat(1 << 20);
    var tar = Samples.join(disk("1", "1024", ""), Tars.file("x", map), Tars.END);
    assertThatThrownBy(() -> Reading.of(tar, "k"))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("A header is longer than 1048576 bytes");
  }

  @Test
  void aVersionThatIsNotKnownIsRefusedWithAWayOut() {
    var tar = Samples.join(disk("2", "1024", "0,1"), Tars.file("x", "d"), Tars.END);
    assertThatThrownBy(() -> Reading.of(tar, "disk"))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("version '2.0'")
        .hasMessageContaining("without '--sparse'");
  }

  @Test
  void sparseFilesOfOtherToolsAreRefusedAndNamed() {
    var pax = Tars.pax("SCHILY.filetype", "sparse");
    for (var tar :
        new byte[][] {
          Samples.join(pax, Tars.file("disk", "d"), Tars.END),
          Samples.join(Tars.entry("disk", 'S', ""), Tars.END)
        }) {
      assertThatThrownBy(() -> Reading.of(tar, "disk"))
          .isInstanceOf(ContentException.class)
          .hasMessageStartingWith(
              "'disk' of the archive is a sparse file as only 'star' writes it");
    }
  }

  private static byte[] disk(String major, String size, String map) {
    return Tars.pax(
        "GNU.sparse.major", major,
        "GNU.sparse.minor", "0",
        "GNU.sparse.name", "disk",
        "GNU.sparse.realsize", size,
        "GNU.sparse.map", map);
  }

  private static void requireZeros(InputStream content, long count) throws IOException {
    var zeros = new byte[64 * 1024];
    var buffer = new byte[zeros.length];
    for (long left = count; left > 0; ) {
      int read = content.read(buffer, 0, (int) Math.min(left, buffer.length));
      assertThat(Arrays.equals(buffer, 0, read, zeros, 0, read)).isTrue();
      left -= read;
    }
  }
}
