package dev.osimage.oci.layout;

import dev.osimage.oci.ContentReader;
import dev.osimage.oci.content.Compression;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.content.DecompressionLimits;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * OCI image layouts as tar archives, compressed or not: what skopeo calls oci-archive, and the form
 * in which stores of onmetal-image and ironcore-image are handed over.
 */
public final class LayoutArchive {

  private static final int BUFFER = 128 * 1024;
  private static final Map<String, Compression> SUFFIXES =
      Map.of(
          ".tar", Compression.NONE,
          ".tar.gz", Compression.GZIP,
          ".tgz", Compression.GZIP,
          ".tar.xz", Compression.XZ,
          ".txz", Compression.XZ,
          ".tar.zst", Compression.ZSTD);

  /**
   * One manifest that an archive lists: the digest or tag that the source knows it by, the tag that
   * it gets, and whether all its referrers come along.
   */
  public record Root(String reference, @Nullable String tag, boolean referrers) {}

  private LayoutArchive() {}

  /**
   * Writes an archive of these manifests and all that belongs to them, blob by blob from the
   * source. It is compressed as the suffix of the target says: {@code .tar}, {@code .tar.gz},
   * {@code .tar.xz} or {@code .tar.zst}. The same manifests give the same bytes, in whatever order
   * they are named. The file is there when it is complete, and not before.
   */
  public static void write(ContentReader from, List<Root> roots, Path target) throws IOException {
    var compression = compressionOf(target);
    var folder = target.toAbsolutePath().getParent();
    var name = target.getFileName();
    if (folder == null || name == null || !Files.isDirectory(folder)) {
      throw new ContentException(target + " can't be written: its directory does not exist");
    }
    DurableFile.sweep(folder);
    try (var file = DurableFile.in(folder)) {
      try (var out = compression.compress(new BufferedOutputStream(new Unclosed(file), BUFFER))) {
        write(from, roots, out);
      }
      file.commit(name.toString());
    }
  }

  /** Writes the same archive as a plain tar, and leaves the stream open. */
  public static void write(ContentReader from, List<Root> roots, OutputStream out)
      throws IOException {
    new ArchiveWriter(from, roots).write(out);
  }

  private static Compression compressionOf(Path target) {
    var name = String.valueOf(target.getFileName());
    return SUFFIXES.entrySet().stream()
        .filter(suffix -> name.endsWith(suffix.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "'%s' does not say how it is compressed: end it in .tar, .tar.gz, .tar.xz or .tar.zst"
                    .formatted(name)));
  }

  /**
   * Unpacks an archive, compressed in whatever way, into a layout: blobs that have the content that
   * their names say, and then what the archive lists. All may lie below one folder. Throws {@link
   * ContentException} for an archive that is damaged, too large, or holds links or names that lead
   * out of it; the layout then lists nothing new.
   */
  public static void unpack(InputStream archive, Layout into, DecompressionLimits limits)
      throws IOException {
    var in = new BufferedInputStream(archive, BUFFER);
    in.mark(Compression.DETECT_BYTES);
    var start = in.readNBytes(Compression.DETECT_BYTES);
    in.reset();
    try (var tar = Compression.detect(start).decompress(in, limits)) {
      new ArchiveReader(into, limits).read(tar);
    }
  }

  /** Unpacks an archive file into a directory that is empty, does not exist, or is a layout. */
  public static Layout unpack(Path archive, Path directory, DecompressionLimits limits)
      throws IOException {
    try (var in = Files.newInputStream(archive)) {
      var layout = Layout.create(directory);
      unpack(in, layout, limits);
      return layout;
    }
  }

  /** The file is committed after the compression has been closed, and with it this stream. */
  private static final class Unclosed extends OutputStream {

    private final OutputStream out;

    Unclosed(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }
  }
}
