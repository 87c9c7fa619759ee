package dev.osimage.oci.layout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.GoJson;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.content.ContentException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an index.json says (OCI image-spec, image-layout.md): the entries of a layout, in order. It
 * is kept as JSON, so that what is not understood here is still there after a change.
 */
final class LayoutIndex {

  /** The annotation of an entry that is its tag. */
  static final String REF_NAME = "org.opencontainers.image.ref.name";

  private static final int MAX_ENTRIES = 10_000;
  // Stores of ironcore-image put whole references here, oras and skopeo tags.
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._:@+/-]{0,511}");
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final ObjectNode root;
  private final List<JsonNode> entries;

  private LayoutIndex(ObjectNode root, List<JsonNode> entries) {
    this.root = root;
    this.entries = entries;
  }

  /** The index of a layout that holds nothing. */
  static LayoutIndex empty() {
    var root = JSON.createObjectNode().put("schemaVersion", 2);
    root.putArray("manifests");
    return new LayoutIndex(root, List.of());
  }

  /** Reads an index.json; {@code file} is what messages call it. */
  static LayoutIndex read(byte[] bytes, String file) throws ContentException {
    var root = object(bytes, file);
    var version = root.path("schemaVersion");
    if (!version.isMissingNode() && version.asInt() != 2) {
      throw new ContentException(
          file + " is not an OCI index: its schemaVersion is not 2 but " + shortened(version));
    }
    var manifests = root.path("manifests");
    // Null is how a store of ironcore-image ends when its last entry is deleted.
    if (!manifests.isArray() && !manifests.isNull()) {
      throw new ContentException(file + " is not an OCI index: it has no list 'manifests'");
    }
    if (manifests.size() > MAX_ENTRIES) {
      throw new ContentException(file + " has more than " + MAX_ENTRIES + " entries");
    }
    var entries = new ArrayList<JsonNode>();
    manifests.forEach(entries::add);
    return new LayoutIndex(root, entries);
  }

  /** Reads a JSON object; {@code file} is what messages call it. */
  static ObjectNode object(byte[] bytes, String file) throws ContentException {
    try {
      if (JSON.readTree(bytes) instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException e) {
      throw new ContentException(file + " is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new ContentException(file + " is not JSON", e);
    }
    throw new ContentException(file + " is not a JSON object");
  }

  /** The entries that are understood, their tags among their annotations. */
  List<Descriptor> descriptors() {
    return entries.stream().map(LayoutIndex::descriptor).flatMap(Optional::stream).toList();
  }

  /** The entry of a manifest, whatever its tag. */
  Optional<Descriptor> find(Digest digest) {
    return descriptors().stream().filter(entry -> entry.digest().equals(digest)).findFirst();
  }

  /** The entry with a tag; several for different manifests are an error. */
  Optional<Descriptor> find(String tag) throws ContentException {
    var found =
        descriptors().stream()
            .filter(entry -> tag.equals(entry.annotations().get(REF_NAME)))
            .toList();
    long manifests = found.stream().map(Descriptor::digest).distinct().count();
    if (manifests > 1) {
      throw new ContentException(
          "the tag '%s' names %d manifests: ask for one of them by its digest"
              .formatted(tag, manifests));
    }
    return found.stream().findFirst();
  }

  /** The same index with a manifest in it; one that has an entry gets no other. */
  LayoutIndex with(Manifest manifest) {
    return lists(manifest.digest()) ? this : plus(json(manifest.descriptor()));
  }

  /** The same index with a tag for this manifest, and for no other. */
  LayoutIndex tagged(Manifest manifest, String tag) {
    if (!NAME.matcher(tag).matches() || tag.startsWith("sha256:")) {
      throw new IllegalArgumentException("'" + tag + "' is not a tag");
    }
    var annotated = JSON.createObjectNode().put(REF_NAME, tag);
    var entry = json(manifest.descriptor());
    entry.set("annotations", annotated);
    return moved(entry, tag, manifest.digest().toString());
  }

  /** The same index with the entries of another; a tag of both names what it names in the other. */
  LayoutIndex merged(LayoutIndex other) {
    var merged = this;
    for (var entry : other.entries) {
      var tag = tag(entry);
      if (tag != null) {
        merged = merged.moved(entry, tag, entry.path("digest").asText(""));
      } else if (!merged.entries.contains(entry)) {
        merged = merged.plus(entry);
      }
    }
    return merged;
  }

  private LayoutIndex moved(JsonNode entry, String tag, String digest) {
    var holders = entries.stream().filter(old -> tag.equals(tag(old))).toList();
    if (holders.size() == 1 && digest.equals(holders.getFirst().path("digest").asText(""))) {
      return this;
    }
    var kept = new ArrayList<>(entries);
    kept.removeAll(holders);
    var index = new LayoutIndex(root, kept);
    for (var holder : holders) {
      var untagged = untagged(holder);
      // What the tag named so far stays in the layout, and can be found by its digest.
      if (!digest.equals(holder.path("digest").asText("")) && !index.lists(holder)) {
        index = index.plus(untagged);
      }
    }
    return index.plus(entry);
  }

  private LayoutIndex plus(JsonNode entry) {
    var more = new ArrayList<>(entries);
    more.add(entry);
    return new LayoutIndex(root, more);
  }

  private boolean lists(Digest digest) {
    return entries.stream().anyMatch(entry -> names(entry, digest.toString()));
  }

  private boolean lists(JsonNode other) {
    return entries.stream().anyMatch(entry -> names(entry, other.path("digest").asText("")));
  }

  private static boolean names(JsonNode entry, String digest) {
    return digest.equals(entry.path("digest").asText(""));
  }

  private static @Nullable String tag(JsonNode entry) {
    return entry.path("annotations").path(REF_NAME).textValue();
  }

  private static JsonNode untagged(JsonNode entry) {
    var copy = entry.deepCopy();
    if (copy.path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(REF_NAME);
      if (annotations.isEmpty() && copy instanceof ObjectNode object) {
        object.remove("annotations");
      }
    }
    return copy;
  }

  private static ObjectNode json(Descriptor descriptor) {
    return JSON.valueToTree(descriptor.toJson());
  }

  private static Optional<Descriptor> descriptor(JsonNode entry) {
    try {
      return Optional.of(Descriptor.read(entry));
    } catch (IllegalArgumentException e) {
      // Such as a digest of another algorithm: not ours to read, nor to remove.
      return Optional.empty();
    }
  }

  private static String shortened(JsonNode value) {
    var text = value.toString();
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }

  /** The file, in the bytes that Go's tools write. */
  byte[] toBytes() throws ContentException {
    if (entries.size() > MAX_ENTRIES) {
      // It could not be read again.
      throw new ContentException(
          "index.json would have more than %d entries: remove some, or use another layout"
              .formatted(MAX_ENTRIES));
    }
    ArrayNode manifests = JSON.createArrayNode().addAll(entries);
    var copy = JSON.createObjectNode();
    copy.setAll(root);
    copy.set("manifests", manifests);
    var bytes = GoJson.write(copy);
    if (bytes.length > Manifest.MAX_BYTES) {
      throw new ContentException(
          "index.json would have more than %d bytes: remove entries, or use another layout"
              .formatted(Manifest.MAX_BYTES));
    }
    return bytes;
  }

  @Override
  public String toString() {
    return new String(GoJson.write(root), StandardCharsets.UTF_8);
  }
}
