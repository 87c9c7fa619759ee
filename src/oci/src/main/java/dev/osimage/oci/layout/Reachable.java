package dev.osimage.oci.layout;

import com.fasterxml.jackson.databind.JsonNode;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.content.ContentException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One walk over all manifests that a layout lists or that stand in its indexes. Those that are not
 * there, or of an unknown type, are passed by; a layout may be without some of its content.
 */
final class Reachable {

  private static final int MAX_DEPTH = 8;
  private static final int MAX_MANIFESTS = 10_000;

  /** What is done at each manifest; true ends the walk. */
  private interface Visitor {
    boolean visit(Descriptor entry) throws IOException;
  }

  private final Layout layout;
  private final Set<Digest> seen = new HashSet<>();

  Reachable(Layout layout) {
    this.layout = layout;
  }

  /** Manifests whose subject this is, in the order of the layout. */
  List<Descriptor> referrers(Digest subject) throws IOException {
    var found = new ArrayList<Descriptor>();
    walk(
        layout.index().descriptors(),
        0,
        entry -> {
          var manifest = stored(entry);
          if (manifest.isPresent()) {
            var parsed = Parsed.of(manifest.get());
            if (parsed.subject() != null && parsed.subject().digest().equals(subject)) {
              found.add(
                  new Descriptor(
                      entry.mediaType(),
                      entry.digest(),
                      manifest.get().bytes().length,
                      parsed.annotations(),
                      null,
                      parsed.artifactType()));
            }
          }
          return false;
        });
    return List.copyOf(found);
  }

  /**
   * The media type of a manifest that is not listed: what it says itself, what an index calls it,
   * or what it looks like; empty when it is no manifest.
   */
  Optional<String> mediaType(Digest digest, byte[] bytes) throws IOException {
    JsonNode json;
    try {
      json = LayoutIndex.object(bytes, "the blob " + digest);
    } catch (ContentException e) {
      return Optional.empty();
    }
    var own = json.path("mediaType").asText("");
    if (Parsed.isKnown(own)) {
      return Optional.of(own);
    }
    var named = new ArrayList<String>();
    walk(
        layout.index().descriptors(),
        0,
        entry -> entry.digest().equals(digest) && named.add(entry.mediaType()));
    if (!named.isEmpty()) {
      return Optional.of(named.getFirst());
    }
    if (json.path("manifests").isArray()) {
      return Optional.of(MediaTypes.IMAGE_INDEX);
    }
    return json.path("config").isObject() && json.path("layers").isArray()
        ? Optional.of(MediaTypes.IMAGE_MANIFEST)
        : Optional.empty();
  }

  private boolean walk(List<Descriptor> entries, int depth, Visitor visitor) throws IOException {
    for (var entry : entries) {
      if (!seen.add(entry.digest())) {
        continue;
      }
      if (depth > MAX_DEPTH || seen.size() > MAX_MANIFESTS) {
        throw new ContentException(
            "the %s has more than %d manifests, or indexes nested deeper than %d"
                .formatted(layout, MAX_MANIFESTS, MAX_DEPTH));
      }
      if (visitor.visit(entry)) {
        return true;
      }
      var index = isIndex(entry) ? stored(entry) : Optional.<Manifest>empty();
      if (index.isPresent() && walk(Parsed.of(index.get()).manifests(), depth + 1, visitor)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isIndex(Descriptor entry) {
    return new Manifest(entry.mediaType(), new byte[0]).isIndex();
  }

  private Optional<Manifest> stored(Descriptor entry) throws IOException {
    return Parsed.isKnown(entry.mediaType())
        ? layout.stored(entry.digest()).map(bytes -> new Manifest(entry.mediaType(), bytes))
        : Optional.empty();
  }
}
