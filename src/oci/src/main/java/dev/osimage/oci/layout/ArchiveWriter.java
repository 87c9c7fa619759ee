package dev.osimage.oci.layout;

import dev.osimage.oci.Content;
import dev.osimage.oci.ContentReader;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.layout.LayoutArchive.Root;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Writes the tar of a layout in one pass: all names and sizes are known from the manifests, which
 * are read first. Nothing of the machine, the user or the time gets into it.
 */
final class ArchiveWriter {

  private static final int FILE = 0100644;
  private static final int FOLDER = 0040755;

  private interface Source {
    InputStream open() throws IOException;
  }

  private record Blob(long size, Source source) {}

  private record Listed(Manifest manifest, String tag) {}

  private final SortedMap<String, Blob> blobs = new TreeMap<>();
  private final LayoutIndex index;

  ArchiveWriter(ContentReader from, List<Root> roots) throws IOException {
    var graph = new Graph(from);
    var listed = new ArrayList<Listed>();
    for (var root : withReferrersFirst(roots)) {
      var tag = root.tag() == null ? "" : root.tag();
      listed.add(new Listed(graph.add(root.reference(), null, root.referrers()), tag));
    }
    for (var node : graph.nodes()) {
      add(node.manifest().descriptor(), Content.of(node.manifest().bytes())::open);
      node.blobs().forEach(blob -> add(blob, () -> from.blob(blob)));
      if (node.referrer()) {
        listed.add(new Listed(node.manifest(), ""));
      }
    }
    this.index = index(listed);
  }

  private static List<Root> withReferrersFirst(List<Root> roots) {
    return roots.stream().sorted(Comparator.comparing(root -> !root.referrers())).toList();
  }

  private void add(Descriptor blob, Source source) {
    blobs.putIfAbsent(blob.digest().hex(), new Blob(blob.size(), source));
  }

  private static LayoutIndex index(List<Listed> listed) throws ContentException {
    var index = LayoutIndex.empty();
    // Tags before what has none, which then needs no entry if a tag names it.
    var order =
        Comparator.comparing((Listed entry) -> entry.tag().isEmpty())
            .thenComparing(Listed::tag)
            .thenComparing(entry -> entry.manifest().digest().hex());
    for (var entry : listed.stream().sorted(order).distinct().toList()) {
      var tag = entry.tag();
      if (!tag.isEmpty() && index.find(tag).isPresent()) {
        throw new IllegalArgumentException("the tag '" + tag + "' is for two manifests");
      }
      index = tag.isEmpty() ? index.with(entry.manifest()) : index.tagged(entry.manifest(), tag);
    }
    return index;
  }

  void write(OutputStream out) throws IOException {
    var tar = new TarArchiveOutputStream(out, "UTF-8");
    // Only what ustar has no room for, files of 8 GiB and more, takes an extended header.
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    file(tar, Layout.LAYOUT_FILE, Layout.LAYOUT);
    file(tar, Layout.INDEX_FILE, index.toBytes());
    folder(tar, "blobs/");
    folder(tar, "blobs/sha256/");
    for (var blob : blobs.entrySet()) {
      put(tar, "blobs/sha256/" + blob.getKey(), FILE, blob.getValue().size());
      try (var in = blob.getValue().source().open()) {
        in.transferTo(tar);
      }
      tar.closeArchiveEntry();
    }
    tar.finish();
    tar.flush();
  }

  private static void file(TarArchiveOutputStream tar, String name, byte[] content)
      throws IOException {
    put(tar, name, FILE, content.length);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  private static void folder(TarArchiveOutputStream tar, String name) throws IOException {
    put(tar, name, FOLDER, 0);
    tar.closeArchiveEntry();
  }

  private static void put(TarArchiveOutputStream tar, String name, int mode, long size)
      throws IOException {
    var entry = new TarArchiveEntry(name);
    entry.setMode(mode);
    entry.setSize(size);
    entry.setModTime(0);
    entry.setIds(0, 0);
    entry.setNames("", "");
    tar.putArchiveEntry(entry);
  }
}
