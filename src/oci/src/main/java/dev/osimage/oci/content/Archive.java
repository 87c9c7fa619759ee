package dev.osimage.oci.content;

import dev.osimage.oci.content.Entries.Entry;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.apache.commons.compress.archivers.zip.ZipArchiveInputStream;
import org.apache.commons.io.input.CloseShieldInputStream;

/**
 * Takes members out of an archive while it is read, once and from its beginning to its end: tar
 * (ustar, pax, GNU, sparse files expanded) or zip, compressed or not. What it is, its bytes tell.
 */
public final class Archive {

  private static final int BUFFER = 64 * 1024;
  private static final int TAR_HEADER = 512;
  private static final int MAX_PATH = 4096;

  /** Takes the members as they come. */
  @FunctionalInterface
  public interface MemberHandler {

    /**
     * Called with a path as it was asked for, and its content, which may be read until the method
     * returns; the size in bytes is empty where it is not known before the end. What the handler
     * throws ends the reading and is passed on as it is.
     */
    void member(String path, InputStream content, OptionalLong size) throws IOException;
  }

  private final Map<String, Compression> members;
  private final WantedMembers wanted;
  private final DecompressionLimits limits;
  private final MemberHandler handler;

  private Archive(
      Map<String, Compression> members, DecompressionLimits limits, MemberHandler handler) {
    this.members = members;
    this.wanted = new WantedMembers(members.keySet());
    this.limits = limits;
    this.handler = handler;
  }

  /**
   * Hands out each of the members, in the order of the archive, each decompressed as its path is
   * mapped to ({@link Compression#NONE}: as it is). The source is read to its end, whatever follows
   * the archive, and closed.
   *
   * <p>Paths are exact, apart from a leading {@code /} or {@code ./}; one that is not a path within
   * an archive throws {@link IllegalArgumentException}. A member that is missing, is there twice,
   * is no regular file, or is damaged, throws a {@link ContentException}, and so does whatever is
   * beyond the limits or cut short. This may come after the member was handed out (of a zip even
   * its checksum is known only then), so nothing may be kept until this method has returned.
   *
   * <p>Memory for the windows of xz and zstd is waited for, as {@link Compression#decompress} does;
   * where both the archive and a member have one, it is that of the whole process, so such archives
   * are read one after the other.
   *
   * <p>Zip archives are read by their local headers, which do not tell symbolic links from files.
   */
  public static void read(
      InputStream source,
      Map<String, Compression> members,
      DecompressionLimits limits,
      MemberHandler handler)
      throws IOException {
    read(source, members, limits, handler, Windows.ofProcess());
  }

  static void read(
      InputStream source,
      Map<String, Compression> members,
      DecompressionLimits limits,
      MemberHandler handler,
      Windows windows)
      throws IOException {
    try (source) {
      new Archive(members, limits, handler).read(source, windows);
    }
  }

  private void read(InputStream source, Windows windows) throws IOException {
    var start = new BufferedInputStream(source, BUFFER);
    var compression = Compression.detect(peek(start, Compression.DETECT_BYTES));
    if (compression.hasWindow() && members.values().stream().anyMatch(Compression::hasWindow)) {
      try (var whole = windows.takeAll()) {
        read(compression, start, whole.divided());
      }
    } else {
      read(compression, start, windows);
    }
  }

  private void read(Compression compression, InputStream source, Windows windows)
      throws IOException {
    try (var decoded = compression.decompress(source, limits, windows)) {
      var archive = new BufferedInputStream(decoded, BUFFER);
      var entries = open(archive, new Expansion(limits, decoded::consumed));
      int count = 0;
      for (var entry = entries.next(); entry != null; entry = entries.next()) {
        if (++count > limits.maxEntries()) {
          throw new ContentException(
              "The archive has more than " + limits.maxEntries() + " entries");
        }
        take(entry, windows);
      }
      wanted.requireAll();
      archive.transferTo(OutputStream.nullOutputStream());
    }
  }

  private static Entries open(InputStream archive, Expansion expansion) throws IOException {
    var start = peek(archive, TAR_HEADER);
    if (ZipArchiveInputStream.matches(start, start.length)) {
      return new ZipEntries(archive, expansion);
    }
    if (startsTar(start)) {
      return new TarEntries(archive, expansion);
    }
    throw new ContentException(
        "The content is neither a tar nor a zip archive, so it has no members;"
            + " leave the path out to take it as a whole");
  }

  /** The oldest kind of tar has no magic, but every header has a checksum. */
  private static boolean startsTar(byte[] start) {
    try {
      return start.length == TAR_HEADER && TarUtils.verifyCheckSum(start);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private void take(Entry entry, Windows windows) throws IOException {
    if (entry.path().length() > MAX_PATH) {
      throw new ContentException(
          "The archive has an entry whose path is longer than " + MAX_PATH + " characters");
    }
    var path = wanted.match(entry.path());
    if (path == null) {
      return;
    }
    if (entry.obstacle() != null) {
      throw new ContentException(
          WantedMembers.quoted(path) + " of the archive " + entry.obstacle());
    }
    // Its end is verified, whether the handler came that far or not.
    try (var content = entry.content()) {
      hand(path, entry, windows);
      content.transferTo(OutputStream.nullOutputStream());
    }
  }

  private void hand(String path, Entry entry, Windows windows) throws IOException {
    var compression = members.getOrDefault(path, Compression.NONE);
    if (compression == Compression.NONE) {
      handler.member(path, entry.content(), entry.size());
      return;
    }
    var compressed = CloseShieldInputStream.wrap(entry.content());
    try (var content = compression.decompress(compressed, limits, windows)) {
      handler.member(path, content, OptionalLong.empty());
      content.transferTo(OutputStream.nullOutputStream());
    }
  }

  private static byte[] peek(InputStream in, int length) throws IOException {
    in.mark(length);
    var start = in.readNBytes(length);
    in.reset();
    return start;
  }
}
