package dev.osimage.oci.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.Digest;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.content.DecompressionLimits;
import dev.osimage.oci.layout.LayoutArchive.Root;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes that somebody changed end in a result or in the one exception that says so. */
class LayoutMutationTest {

  private static final int MUTATIONS = 2_000;
  private static final byte[] STRUCTURE = "{}[]\",:0129\\".getBytes(StandardCharsets.US_ASCII);

  @TempDir Path folder;

  @Test
  void aMutatedIndexEndsInAResultOrTheDeclaredException() throws IOException {
    var layout = Layout.create(folder.resolve("store"));
    var index = Images.index(layout, "os");
    Images.referrer(layout, index, "remark");
    layout.tag(index, "v1");
    var file = layout.root().resolve("index.json");
    var original = Files.readAllBytes(file);
    int results = 0;
    int refusals = 0;

    for (int seed = 0; seed < MUTATIONS; seed++) {
      Files.write(file, mutated(original, new Random(seed)));
      try {
        layout.manifest("v1");
        layout.manifest(index.digest().toString());
        layout.referrers(index.digest());
        var before = layout.manifests();
        layout.tag(index, "v2");
        assertThat(layout.manifests()).as("seed %d", seed).containsAll(before);
        assertThat(layout.manifest("v2")).as("seed %d", seed).contains(index);
        results++;
      } catch (ContentException e) {
        assertThat(e).as("seed %d", seed).message().isNotBlank();
        refusals++;
      }
    }

    assertThat(results).isGreaterThan(100);
    assertThat(refusals).isGreaterThan(100);
  }

  @Test
  void aMutatedArchiveEndsInAResultOrTheDeclaredException() throws IOException {
    var source = new Memory();
    var index = Images.index(source, "os");
    var out = new ByteArrayOutputStream();
    LayoutArchive.write(source, List.of(new Root(index.digest().toString(), "v1", false)), out);
    var original = out.toByteArray();
    var layout = Layout.create(folder.resolve("store"));
    int results = 0;
    int refusals = 0;

    for (int seed = 0; seed < MUTATIONS; seed++) {
      try {
        LayoutArchive.unpack(
            new ByteArrayInputStream(mutated(original, new Random(seed))),
            layout,
            DecompressionLimits.DEFAULT);
        results++;
      } catch (ContentException e) {
        assertThat(e).as("seed %d", seed).message().isNotBlank();
        refusals++;
      }
    }

    assertThat(results).isGreaterThan(100);
    assertThat(refusals).isGreaterThan(100);
    try (var blobs = Files.list(layout.root().resolve("blobs/sha256"))) {
      assertThat(blobs)
          .allSatisfy(blob ->
              assertThat(Digest.of(Files.readAllBytes(blob)).hex())
                  .isEqualTo(blob.getFileName().toString()));
    }
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(layout.root());
    }
  }

  private static byte[] mutated(byte[] original, Random random) {
    var bytes = original.clone();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = STRUCTURE[random.nextInt(STRUCTURE.length)];
        case 2 -> {
          int length = Math.min(random.nextInt(1, 40), bytes.length - at);
          System.arraycopy(bytes, random.nextInt(bytes.length - length), bytes, at, length);
        }
        default -> bytes = shortened(bytes, random);
      }
    }
    return bytes;
  }

  private static byte[] shortened(byte[] bytes, Random random) {
    int from = random.nextInt(bytes.length - 2);
    int length = Math.min(random.nextInt(1, 30), bytes.length - from - 1);
    var shorter = new byte[bytes.length - length];
    System.arraycopy(bytes, 0, shorter, 0, from);
    System.arraycopy(bytes, from + length, shorter, from, shorter.length - from);
    return shorter;
  }
}
