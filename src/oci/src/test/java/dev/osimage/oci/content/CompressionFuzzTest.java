package dev.osimage.oci.content;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;

/** The first bytes tell the format, so one target is for all. */
class CompressionFuzzTest {

  @FuzzTest
  void contentIsDecompressedTheSameTwiceWithinTheLimitsOrRefused(byte[] input) throws IOException {
    var start = Arrays.copyOf(input, Math.min(input.length, Compression.DETECT_BYTES));
    var compression = Compression.detect(start);

    long first = decompressed(compression, input);

    assertThat(decompressed(compression, input)).isEqualTo(first);
  }

  /** How many bytes it is, or -1 when it is refused. */
  private static long decompressed(Compression compression, byte[] input) throws IOException {
    try (var content = compression.decompress(new ByteArrayInputStream(input), Fuzzed.LIMITS)) {
      return Fuzzed.bounded(content);
    } catch (ContentException e) {
      assertThat(e.getMessage()).isNotEmpty();
      return -1;
    }
  }
}
