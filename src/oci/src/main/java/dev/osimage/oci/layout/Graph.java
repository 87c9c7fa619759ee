package dev.osimage.oci.layout;

import dev.osimage.oci.ContentReader;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.Platform;
import dev.osimage.oci.content.ContentException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All manifests that belong to some roots, read before anything is written: what is missing is
 * found early, and what is written can be ordered so that nothing refers to what is not there yet.
 */
final class Graph {

  private static final int MAX_DEPTH = 8;
  private static final int MAX_MANIFESTS = 10_000;
  private static final long MAX_BYTES = 64L * 1024 * 1024;

  /** A manifest with its blobs; {@code referrer} when only its subject leads to it. */
  record Node(Manifest manifest, List<Descriptor> blobs, boolean referrer) {}

  private final ContentReader from;
  private final Set<Digest> entered = new HashSet<>();
  private final List<Node> nodes = new ArrayList<>();
  private final List<Digest> lost = new ArrayList<>();
  private long bytes;

  Graph(ContentReader from) {
    this.from = from;
  }

  /**
   * Adds a manifest and what belongs to it. Of an index, {@code platform} picks the one manifest
   * that is taken instead. Roots with referrers have to be added before those without.
   */
  Manifest add(String reference, @Nullable Platform platform, boolean referrers)
      throws IOException {
    var root =
        from.manifest(reference)
            .orElseThrow(() -> new ContentException("there is no manifest '" + reference + "'"));
    if (platform != null && root.isIndex()) {
      root = narrowed(root, platform);
    }
    visit(root, 0, referrers, false);
    return root;
  }

  /** Every manifest once, after those that it refers to, and after its subject. */
  List<Node> nodes() {
    return List.copyOf(nodes);
  }

  /** Referrers that the source lists, but does not have or that have another subject. */
  List<Digest> lost() {
    return List.copyOf(lost);
  }

  private void visit(Manifest manifest, int depth, boolean referrers, boolean isReferrer)
      throws IOException {
    if (!entered.add(manifest.digest())) {
      return;
    }
    count(manifest, depth);
    var parsed = Parsed.of(manifest);
    for (var child : parsed.manifests()) {
      visit(child(manifest, child), depth + 1, referrers, false);
    }
    nodes.add(new Node(manifest, parsed.blobs(), isReferrer));
    if (referrers) {
      for (var referrer : from.referrers(manifest.digest())) {
        visitReferrer(manifest, referrer, depth + 1);
      }
    }
  }

  private void visitReferrer(Manifest subject, Descriptor entry, int depth) throws IOException {
    if (entered.contains(entry.digest())) {
      return;
    }
    var found = from.manifest(entry.digest().toString());
    // A registry without the API for it keeps this list in a tag, which may be out of date.
    if (found.isPresent() && refersTo(found.get(), subject)) {
      visit(found.get(), depth, true, true);
    } else {
      lost.add(entry.digest());
    }
  }

  private static boolean refersTo(Manifest manifest, Manifest subject) throws IOException {
    var named = Parsed.of(manifest).subject();
    return named != null && named.digest().equals(subject.digest());
  }

  private void count(Manifest manifest, int depth) throws ContentException {
    bytes += manifest.bytes().length;
    if (depth > MAX_DEPTH) {
      throw new ContentException(
          "indexes or referrers are nested deeper than %d, the last of them is %s"
              .formatted(MAX_DEPTH, manifest.digest()));
    }
    if (entered.size() > MAX_MANIFESTS || bytes > MAX_BYTES) {
      throw new ContentException(
          "more than %d manifests, or %d bytes of them, belong to what is to be copied"
              .formatted(MAX_MANIFESTS, MAX_BYTES));
    }
  }

  private Manifest child(Manifest index, Descriptor entry) throws IOException {
    var found = from.manifest(entry.digest().toString());
    if (found.isEmpty()) {
      throw new ContentException(
          "the index %s names the manifest %s%s, which the source does not have"
              .formatted(index.digest(), entry.digest(), platform(entry)));
    }
    var child = found.get();
    if (!child.digest().equals(entry.digest()) || child.bytes().length != entry.size()) {
      throw new ContentException(
          "the index %s names the manifest %s with %d bytes, but the source has %s with %d"
              .formatted(
                  index.digest(),
                  entry.digest(),
                  entry.size(),
                  child.digest(),
                  child.bytes().length));
    }
    return child;
  }

  private Manifest narrowed(Manifest index, Platform wanted) throws IOException {
    var found = new ArrayList<Descriptor>();
    var offered = new ArrayList<String>();
    for (var entry : Parsed.of(index).manifests()) {
      offered.add(entry.platform() == null ? "(none)" : name(entry.platform()));
      if (entry.platform() != null && matches(entry.platform(), wanted)) {
        found.add(entry);
      }
    }
    if (found.size() != 1) {
      throw new ContentException(
          "the index %s has %d manifests for %s; it has %s. Ask for one by its digest"
              .formatted(index.digest(), found.size(), name(wanted), shortened(offered)));
    }
    return child(index, found.getFirst());
  }

  private static boolean matches(Platform platform, Platform wanted) {
    return platform.os().equals(wanted.os())
        && platform.architecture().equals(wanted.architecture())
        && (wanted.variant() == null || wanted.variant().equals(platform.variant()))
        && (wanted.osVersion() == null || wanted.osVersion().equals(platform.osVersion()));
  }

  private static String platform(Descriptor entry) {
    return entry.platform() == null ? "" : " (" + name(entry.platform()) + ")";
  }

  private static String name(Platform platform) {
    var variant = platform.variant() == null ? "" : "/" + platform.variant();
    return "%.40s/%.40s%.40s".formatted(platform.os(), platform.architecture(), variant);
  }

  private static String shortened(List<String> names) {
    return String.join(", ", names.subList(0, Math.min(names.size(), 10)))
        + (names.size() > 10 ? ", …" : "");
  }
}
