package dev.osimage.oci.layout;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.DigestMismatchException;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.content.DecompressionLimits;
import dev.osimage.oci.content.VerifyingStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tar of a layout once. No name in it becomes a path: blobs are written under their
 * digests, and everything that is no part of a layout is passed by.
 */
final class ArchiveReader {

  private static final int MAX_ENTRIES = 100_000;
  private static final Pattern MEMBER =
      Pattern.compile(
          "(?:\\./)?(?:(?<folder>[^/]+)/)?"
              + "(?:(?<file>oci-layout|index\\.json|manifest\\.json)"
              + "|blobs/sha256/(?<blob>[a-f0-9]{64}))");
  private static final String DOCKER_FILE = "manifest.json";

  private final Layout into;
  private final DecompressionLimits limits;
  private final Set<String> seen = new HashSet<>();
  private @Nullable String folder;
  private byte @Nullable [] version;
  private byte @Nullable [] index;
  private int entries;
  private long bytes;

  ArchiveReader(Layout into, DecompressionLimits limits) {
    this.into = into;
    this.limits = limits;
  }

  void read(InputStream in) throws IOException {
    var tar = TarStream.of(in);
    for (var entry = tar.next(); entry != null; entry = tar.next()) {
      check(entry);
      if (isFile(entry)) {
        member(entry, tar);
      }
    }
    tar.drain();
    finish();
  }

  private void check(TarArchiveEntry entry) throws ContentException {
    var name = shown(entry);
    if (++entries > Math.min(limits.maxEntries(), MAX_ENTRIES)) {
      throw new ContentException("the archive has more entries than an OCI layout needs");
    }
    if (entry.getName().startsWith("/")
        || Arrays.asList(entry.getName().split("/", -1)).contains("..")) {
      throw new ContentException("the archive's entry '" + name + "' leads out of the archive");
    }
    if (!isFile(entry) && entry.getLinkFlag() != TarConstants.LF_DIR) {
      throw new ContentException(
          "the archive's entry '%s' is a link, a device or the like; an OCI layout has files only"
              .formatted(name));
    }
    if (entry.getSize() < 0 || entry.getSize() > limits.maxBytes() - bytes) {
      throw new ContentException(
          "the archive has more than %d bytes in its files (at '%s')"
              .formatted(limits.maxBytes(), name));
    }
    bytes += entry.getSize();
  }

  private static boolean isFile(TarArchiveEntry entry) {
    byte type = entry.getLinkFlag();
    return !entry.isSparse()
        && (type == TarConstants.LF_NORMAL
            || type == TarConstants.LF_OLDNORM
            || type == TarConstants.LF_CONTIG);
  }

  private void member(TarArchiveEntry entry, InputStream content) throws IOException {
    var match = MEMBER.matcher(entry.getName());
    if (!match.matches()) {
      return;
    }
    var below = match.group("folder") == null ? "" : match.group("folder");
    if (folder == null) {
      folder = below;
    } else if (!folder.equals(below)) {
      throw new ContentException("the archive has more than one OCI layout: " + shown(entry));
    }
    var file = match.group("file");
    var blob = match.group("blob");
    if (!seen.add(file == null ? blob : file)) {
      throw new ContentException("the archive has '" + shown(entry) + "' twice");
    }
    if (blob != null) {
      writeBlob(new Descriptor("", new Digest(blob), entry.getSize()), content);
    } else if (Layout.LAYOUT_FILE.equals(file)) {
      version = small(entry, content);
    } else if (Layout.INDEX_FILE.equals(file)) {
      index = small(entry, content);
    }
  }

  private void writeBlob(Descriptor blob, InputStream content) throws IOException {
    if (into.hasBlob(blob)) {
      new VerifyingStream(content, blob, "the archive").transferTo(OutputStream.nullOutputStream());
      return;
    }
    try {
      into.writeBlob(blob, content);
    } catch (DigestMismatchException e) {
      throw new ContentException("the archive is damaged: of a blob, " + e.getMessage(), e);
    }
  }

  private static byte[] small(TarArchiveEntry entry, InputStream content) throws IOException {
    if (entry.getSize() > Manifest.MAX_BYTES) {
      throw new ContentException(
          "the archive's %s has more than %d bytes".formatted(shown(entry), Manifest.MAX_BYTES));
    }
    return content.readAllBytes();
  }

  private void finish() throws IOException {
    if (version == null && seen.contains(DOCKER_FILE)) {
      throw new ContentException(
          "the archive is one of Docker, not of OCI: convert it, as with"
              + " 'skopeo copy docker-archive:FILE oci-archive:FILE:TAG'");
    }
    if (version == null || index == null) {
      throw new ContentException(
          "the archive is not an OCI archive: it has no "
              + (version == null ? Layout.LAYOUT_FILE : Layout.INDEX_FILE));
    }
    Layout.checkVersion(version, "the archive");
    var listed = LayoutIndex.read(index, "the archive's index.json");
    for (var entry : listed.descriptors()) {
      if (!into.hasBlob(entry)) {
        throw new ContentException(
            "the archive lists the manifest %s, but does not have it".formatted(entry.digest()));
      }
    }
    into.merge(listed);
  }

  private static String shown(TarArchiveEntry entry) {
    var name = entry.getName().replaceAll("\\p{Cntrl}", "?");
    return name.length() <= 200 ? name : name.substring(0, 200) + "…";
  }
}
