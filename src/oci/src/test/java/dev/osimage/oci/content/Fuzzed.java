package dev.osimage.oci.content;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;

/** What holds for every content, however it was made. */
final class Fuzzed {

  private static final int MAX_BYTES = 256 * 1024;
  static final DecompressionLimits LIMITS =
      new DecompressionLimits(MAX_BYTES, 64 * 1024, 100, 64, 1024 * 1024);

  private Fuzzed() {}

  static void archive(byte[] input) throws IOException {
    var lengths = new HashMap<String, Long>();
    try {
      Archive.read(
          new ByteArrayInputStream(input),
          Map.of("a", Compression.NONE, "b/c", Compression.NONE),
          LIMITS,
          (path, content, size) -> {
            long length = bounded(content);
            size.ifPresent(promised -> assertThat(length).isEqualTo(promised));
            assertThat(lengths.put(path, length)).as("handed out twice").isNull();
          });
    } catch (ContentException e) {
      assertThat(e.getMessage()).isNotEmpty();
      return;
    }
    assertThat(lengths).containsOnlyKeys("a", "b/c");
  }

  /** Reads all of it and says how much it was. */
  static long bounded(InputStream content) throws IOException {
    var buffer = new byte[8192];
    long length = 0;
    for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
      length += read;
      assertThat(length).isLessThanOrEqualTo(MAX_BYTES);
    }
    return length;
  }
}
