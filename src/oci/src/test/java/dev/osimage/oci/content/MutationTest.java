package dev.osimage.oci.content;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged content ends in a result or in an {@link IOException}, and gives back what it held. */
@Timeout(60)
class MutationTest {

  private static final int MUTATIONS = 2_000;
  private static final DecompressionLimits LIMITS =
      new DecompressionLimits(4 << 20, 1 << 20, 100, 1_000, 8 << 20);

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void compressedContent(Compression compression) throws IOException {
    var once = Samples.compressed(compression);
    mutate(Samples.join(once, once), mutation -> decompress(compression, mutation));
    assertThat(Windows.ofProcess().available()).isEqualTo(Windows.BYTES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gnu.tar.gz",
        "pax.tar.xz",
        "sparse-gnu.tar.bz2",
        "sparse-0.0.tar.xz",
        "sparse-0.1.tar.xz",
        "sparse-1.0.tar.xz",
        "sparse-10g.tar.xz"
      })
  void tarArchives(String name) throws IOException {
    mutate(Samples.plainTar(name), MutationTest::read);
  }

  @ParameterizedTest
  @ValueSource(strings = {"files.zip", "streamed.zip", "stored-streamed.zip", "encrypted.zip"})
  void zipArchives(String name) throws IOException {
    mutate(Samples.read(name), MutationTest::read);
  }

  /** Something that reads content to its end. */
  private interface Reader {
    void read(byte[] content) throws IOException;
  }

  private static void mutate(byte[] original, Reader reader) {
    int refused = 0;
    for (int seed = 0; seed < MUTATIONS; seed++) {
      try {
        reader.read(mutation(original, seed));
      } catch (ContentException e) {
        refused++;
      } catch (IOException | RuntimeException | Error e) {
        throw new AssertionError("mutation with seed " + seed, e);
      }
    }
    assertThat(refused).isGreaterThan(MUTATIONS / 4);
  }

  private static void read(byte[] archive) throws IOException {
    Reading.of(archive, LIMITS, "boot/config");
  }

  private static void decompress(Compression compression, byte[] content) throws IOException {
    try (var in = compression.decompress(new ByteArrayInputStream(content), LIMITS)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
  }

  /** A few bytes changed, a piece cut out, or a piece put in twice. */
  private static byte[] mutation(byte[] original, int seed) {
    var random = new Random(seed);
    int at = random.nextInt(original.length);
    int end = at + random.nextInt(Math.min(600, original.length - at) + 1);
    return switch (random.nextInt(4)) {
      case 0 ->
          Samples.join(
              Arrays.copyOf(original, at), Arrays.copyOfRange(original, end, original.length));
      case 1 ->
          Samples.join(
              Arrays.copyOf(original, end), Arrays.copyOfRange(original, at, original.length));
      default -> {
        var changed = original.clone();
        for (int i = random.nextInt(8); i >= 0; i--) {
          int place =
              random.nextBoolean()
                  ? random.nextInt(changed.length)
                  : Math.min(at + i, changed.length - 1);
          changed[place] = (byte) random.nextInt(256);
        }
        yield changed;
      }
    };
  }
}
