package dev.osimage.image;

import dev.osimage.api.Decompress;
import dev.osimage.api.FileSource;
import dev.osimage.api.HttpSource;
import dev.osimage.oci.Digest;
import dev.osimage.oci.content.Compression;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What decides the bytes of one part: a {@link FileSource}, checked, with its defaults.
 *
 * @param source digest of the bytes at the source
 * @param path the file in the archive at the source, from its root; null where the source is the
 *     file itself
 * @param compression what is undone last
 * @param stated digest of the part as the spec states it, where {@code source} does not say it
 */
record PartInput(
    Digest source, @Nullable String path, Compression compression, @Nullable Digest stated) {

  private static final int MAX_PORT = 65535;
  private static final int MAX_INLINE = 64 * 1024;
  private static final int MAX_PATH = 1024;
  private static final Pattern NO_FILE =
      Pattern.compile("[\\x00-\\x1f\\x7f]|(?:^|/)[.][.](?:/|$)|(?:^|/)[.]?$");
  private static final Pattern ARCHIVE =
      Pattern.compile(".*[.](?:(?:tar|zip)|tar[.](?:gz|xz|zst|bz2|lz4)|tgz|txz|tzst|tbz2?|tlz4)");

  /** Throws {@link IllegalArgumentException} with a sentence for the user. */
  static PartInput of(PartName name, FileSource file) {
    if (file.http() != null && file.inline() == null) {
      return of(name, file, file.http());
    }
    if (file.http() == null && file.inline() != null) {
      return of(name, file, file.inline());
    }
    throw new IllegalArgumentException(
        name.text() + " needs exactly one source: set either http or inline");
  }

  /** The digest of the part, where it is known before any byte has been read. */
  Optional<Digest> digest() {
    return untouched() ? Optional.of(source) : Optional.ofNullable(stated);
  }

  /** Whether the part is the source as it is. */
  private boolean untouched() {
    return path == null && compression == Compression.NONE;
  }

  private static PartInput of(PartName name, FileSource file, String inline) {
    require(
        file.path() == null && file.decompress() == null && file.digest() == null,
        name.text() + ": inline text is the file itself: remove path, decompress and digest");
    var bytes = inline.getBytes(StandardCharsets.UTF_8);
    require(
        bytes.length > 0 && bytes.length <= MAX_INLINE,
        "inline text of " + name.text() + " must have 1 to 65536 bytes");
    return new PartInput(Digest.of(bytes), null, Compression.NONE, null);
  }

  private static PartInput of(PartName name, FileSource file, HttpSource http) {
    var source = Digest.parse(http.digest());
    var url = url(name, http.url());
    require(
        http.caBundleRef() == null || "https".equals(url.getScheme()),
        name.text() + ": caBundleRef has no meaning for an http:// URL: remove it");
    var path = file.path() == null ? null : path(name, file.path());
    var compression = compression(name, file.decompress(), path == null ? url.getPath() : path);
    var stated = file.digest() == null ? null : Digest.parse(file.digest());
    var input = new PartInput(source, path, compression, stated);
    if (!input.untouched()) {
      return input;
    }
    require(
        stated == null || stated.equals(source),
        name.text()
            + ": digest must be that of http.digest here, because the file is neither taken from"
            + " an archive nor decompressed: correct or remove it, or set path or decompress");
    return new PartInput(source, null, Compression.NONE, null);
  }

  private static Compression compression(
      PartName name, @Nullable Decompress asked, String fileName) {
    return switch (asked == null ? byDefault(name) : asked) {
      case AUTO -> Compression.ofName(fileName);
      case NONE -> Compression.NONE;
      case GZIP -> Compression.GZIP;
      case XZ -> Compression.XZ;
      case ZSTD -> Compression.ZSTD;
      case BZIP2 -> Compression.BZIP2;
      case LZ4 -> Compression.LZ4;
    };
  }

  private static Decompress byDefault(PartName name) {
    return switch (name) {
      case ROOTFS, SQUASHFS, ISO -> Decompress.AUTO;
      // An initramfs is a compressed file, and some kernels unpack themselves.
      case INITRAMFS, KERNEL, UKI -> Decompress.NONE;
    };
  }

  /** The path as archives are searched for it: without components that are empty or a dot. */
  private static String path(PartName name, String path) {
    require(
        path.codePointCount(0, path.length()) <= MAX_PATH && !NO_FILE.matcher(path).find(),
        name.text()
            + ": path must name one file in the archive, such as boot/vmlinuz: at most 1024"
            + " characters, no '..', no '/' at its end");
    return Stream.of(path.split("/", -1))
        .filter(component -> !component.isEmpty() && !component.equals("."))
        .collect(Collectors.joining("/"));
  }

  /** Refuses what no client could fetch; admission can't see all of it. */
  private static URI url(PartName name, String url) {
    try {
      var uri = new URI(url);
      boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (web
          && uri.getUserInfo() == null
          && uri.getHost() != null
          && uri.getPort() != 0
          && uri.getPort() <= MAX_PORT) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // The same sentence; its message would repeat a query, which may be a credential.
    }
    throw new IllegalArgumentException(
        name.text() + ": http.url must be a complete http:// or https:// URL without a user name");
  }

  /** Whether a file is an archive by its name, and the spec does not say what to do with it. */
  static boolean isArchiveUnawares(PartName name, FileSource file) {
    return file.http() != null
        && file.path() == null
        && (file.decompress() == null || file.decompress() == Decompress.AUTO)
        && ARCHIVE
            .matcher(url(name, file.http().url()).getPath().toLowerCase(Locale.ROOT))
            .matches();
  }

  private static void require(boolean holds, String sentence) {
    if (!holds) {
      throw new IllegalArgumentException(sentence);
    }
  }
}
