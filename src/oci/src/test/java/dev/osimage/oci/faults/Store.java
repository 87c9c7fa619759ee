package dev.osimage.oci.faults;

import dev.osimage.oci.Digest;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** What the repositories hold, in memory. */
final class Store {

  @SuppressWarnings("ArrayRecordComponent") // Manifests are never compared.
  record Manifest(String mediaType, byte[] content) {}

  record Room(
      Map<Digest, byte[]> blobs,
      Map<Digest, Manifest> manifests,
      NavigableMap<String, Digest> tags) {

    private Room() {
      this(new ConcurrentHashMap<>(), new ConcurrentHashMap<>(), new ConcurrentSkipListMap<>());
    }

    /** Stores a manifest under its digest, and under the tag if it is one. */
    Digest put(String reference, Manifest manifest) {
      var digest = Digest.of(manifest.content());
      manifests.put(digest, manifest);
      if (!reference.contains(":")) {
        tags.put(reference, digest);
      }
      return digest;
    }

    /** The digest behind a tag or digest, null when it is nothing that is there. */
    @Nullable Digest resolve(String reference) {
      var digest = reference.contains(":") ? digest(reference) : tags.get(reference);
      return digest != null && manifests.containsKey(digest) ? digest : null;
    }
  }

  private final Map<String, Room> rooms = new ConcurrentHashMap<>();

  Room room(String repository) {
    return rooms.computeIfAbsent(repository, name -> new Room());
  }

  boolean has(String repository) {
    return rooms.containsKey(repository);
  }

  /** The digest that this text is, null when it is none. */
  static @Nullable Digest digest(@Nullable String text) {
    try {
      return text == null ? null : Digest.parse(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
