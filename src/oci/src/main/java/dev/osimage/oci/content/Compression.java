package dev.osimage.oci.content;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** How content is compressed: a format, and its decoder for input that nobody vouches for. */
public enum Compression {
  /** Not at all. */
  NONE("uncompressed", "", ""),
  /** RFC 1952, one member or several. */
  GZIP("gzip", ".gz", ".tgz"),
  /** The .xz file format, one stream or several. */
  XZ("xz", ".xz", ".txz"),
  /** RFC 8878, one frame or several; without dictionaries. */
  ZSTD("zstd", ".zst", ".tzst"),
  /** bzip2, one stream or several. */
  BZIP2("bzip2", ".bz2", ".tbz2"),
  /** The LZ4 frame format, one frame or several; without dictionaries. */
  LZ4("lz4", ".lz4", ".tlz4");

  /** How many bytes from the beginning {@link #detect} looks at. */
  public static final int DETECT_BYTES = 6;

  private static final int BUFFER = 64 * 1024;
  private static final int GZIP_MAX_HEADER = 1 << 20;
  private static final int XZ_LEVEL = 3;
  private static final int ZSTD_LEVEL = 3;

  private final String text;
  private final String suffix;
  private final String suffixOfTar;

  Compression(String text, String suffix, String suffixOfTar) {
    this.text = text;
    this.suffix = suffix;
    this.suffixOfTar = suffixOfTar;
  }

  /** The one that a file name ends with, upper or lower case; {@link #NONE} for other names. */
  public static Compression ofName(String fileName) {
    var name = fileName.toLowerCase(Locale.ROOT);
    for (var compression : values()) {
      if (compression != NONE
          && (name.endsWith(compression.suffix) || name.endsWith(compression.suffixOfTar))) {
        return compression;
      }
    }
    return NONE;
  }

  /**
   * The one that the first {@link #DETECT_BYTES} bytes of a content tell (fewer, where it has no
   * more); {@link #NONE} for any other beginning. A skippable frame counts as zstd, whose tools
   * begin files with one; those of lz4 don't.
   */
  public static Compression detect(byte[] start) {
    if (startsWith(start, 0x1f, 0x8b, 0x08)) {
      return GZIP;
    }
    if (startsWith(start, 0xfd, '7', 'z', 'X', 'Z', 0)) {
      return XZ;
    }
    if (startsWith(start, 0x28, 0xb5, 0x2f, 0xfd) || startsSkippable(start)) {
      return ZSTD;
    }
    if (startsWith(start, 'B', 'Z', 'h')
        && start.length > 3
        && start[3] >= '1'
        && start[3] <= '9') {
      return BZIP2;
    }
    return startsWith(start, 0x04, 0x22, 0x4d, 0x18) ? LZ4 : NONE;
  }

  private static boolean startsWith(byte[] start, int... magic) {
    if (start.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((start[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  private static boolean startsSkippable(byte[] start) {
    return start.length > 0
        && (start[0] & 0xf0) == 0x50
        && startsWith(start, start[0], 0x2a, 0x4d, 0x18);
  }

  /**
   * Decompresses while it is read, to the end of the input: concatenated members, streams and
   * frames are all part of the content, and anything else after the first is an error, as is an
   * input that ends early or is empty. Content that is damaged, or beyond the limits, throws a
   * {@link ContentException}; a failure of {@code compressed} is passed on as it is.
   *
   * <p>The windows of all xz and zstd decoders of the process share 64 MiB. Reading waits for its
   * part, without a bound but the interruption of its thread; a part is given back at the end, at a
   * failure or by {@code close}. So {@code compressed} must not be, or read from, another stream of
   * this method: two such nests at once could wait for each other for ever. {@link Archive} takes
   * compressed members out of compressed archives safely.
   */
  public InputStream decompress(InputStream compressed, DecompressionLimits limits)
      throws IOException {
    return decompress(compressed, limits, Windows.ofProcess());
  }

  DecodedStream decompress(InputStream compressed, DecompressionLimits limits, Windows windows)
      throws IOException {
    return DecodedStream.open(this, compressed, limits, windows);
  }

  /** The decoder itself, which throws whatever its library throws. */
  InputStream decoder(Source source, DecompressionLimits limits, Windows windows)
      throws IOException {
    return switch (this) {
      case NONE -> source;
      case GZIP -> {
        // The library keeps the name and the comment of a header, which have no bound.
        source.boundHeader(GZIP_MAX_HEADER);
        yield GzipCompressorInputStream.builder()
            .setInputStream(new BufferedInputStream(source, BUFFER))
            .setDecompressConcatenated(true)
            .get();
      }
      case XZ -> new XzDecoder(new BufferedInputStream(source, BUFFER), limits, windows);
      case ZSTD -> new ZstdDecoder(source, limits, windows);
      case BZIP2 -> new BZip2CompressorInputStream(new BufferedInputStream(source, BUFFER), true);
      case LZ4 -> new FramedLZ4CompressorInputStream(new BufferedInputStream(source, BUFFER), true);
    };
  }

  /**
   * Compresses what is written, in the same bytes every time (with the same libraries); closing the
   * stream completes the content and closes {@code out}. Throws {@link
   * UnsupportedOperationException} for {@link #BZIP2} and {@link #LZ4}.
   */
  public OutputStream compress(OutputStream out) throws IOException {
    return switch (this) {
      case NONE -> out;
      // Its header has no name, no time, and 255 ("unknown") as operating system.
      case GZIP -> new GZIPOutputStream(out, BUFFER);
      case XZ -> new XZOutputStream(out, new LZMA2Options(XZ_LEVEL));
      case ZSTD -> new ZstdOutputStreamNoFinalizer(out, ZSTD_LEVEL).setChecksum(true);
      case BZIP2, LZ4 -> throw new UnsupportedOperationException(text + " is only decompressed");
    };
  }

  /** Whether its decoders need so much memory that they have to take it from {@link Windows}. */
  boolean hasWindow() {
    return this == XZ || this == ZSTD;
  }

  /** The name of the format, as part of a sentence. */
  String text() {
    return text;
  }
}
