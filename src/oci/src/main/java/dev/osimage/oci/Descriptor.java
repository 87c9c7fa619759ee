package dev.osimage.oci;

import java.util.LinkedHashMap;
import java.util.Map;

/** A content descriptor (OCI image-spec, "Content Descriptors"); {@code size} is in bytes. */
public record Descriptor(
    String mediaType, Digest digest, long size, Map<String, String> annotations) {

  public Descriptor {
    if (size < 0) {
      throw new IllegalArgumentException("size " + size + " is negative");
    }
    annotations = Map.copyOf(annotations);
  }

  /** A descriptor without annotations. */
  public Descriptor(String mediaType, Digest digest, long size) {
    this(mediaType, digest, size, Map.of());
  }

  Map<String, Object> toJson() {
    var json = new LinkedHashMap<String, Object>();
    json.put("mediaType", mediaType);
    json.put("digest", digest.toString());
    json.put("size", size);
    if (!annotations.isEmpty()) {
      json.put("annotations", GoJson.sorted(annotations));
    }
    return json;
  }
}
