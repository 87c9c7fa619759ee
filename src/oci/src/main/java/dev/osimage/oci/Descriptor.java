package dev.osimage.oci;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A content descriptor (OCI image-spec, "Content Descriptors"); {@code size} is in bytes. {@code
 * platform} and {@code artifactType} occur in indexes only.
 */
public record Descriptor(
    String mediaType,
    Digest digest,
    long size,
    Map<String, String> annotations,
    @Nullable Platform platform,
    @Nullable String artifactType) {

  public Descriptor {
    if (size < 0) {
      throw new IllegalArgumentException("size " + size + " is negative");
    }
    annotations = Map.copyOf(annotations);
  }

  /** A descriptor with annotations. */
  public Descriptor(String mediaType, Digest digest, long size, Map<String, String> annotations) {
    this(mediaType, digest, size, annotations, null, null);
  }

  /** A descriptor without annotations. */
  public Descriptor(String mediaType, Digest digest, long size) {
    this(mediaType, digest, size, Map.of());
  }

  /** The descriptor of these bytes. */
  public static Descriptor of(String mediaType, byte[] content) {
    return new Descriptor(mediaType, Digest.of(content), content.length);
  }

  /** The same content for a platform. */
  public Descriptor forPlatform(Platform platform) {
    return new Descriptor(mediaType, digest, size, annotations, platform, artifactType);
  }

  /** The same content with these annotations instead. */
  public Descriptor annotated(Map<String, String> annotations) {
    return new Descriptor(mediaType, digest, size, annotations, platform, artifactType);
  }

  /** Reads one; throws {@link IllegalArgumentException} with a sentence for anything else. */
  public static Descriptor read(JsonNode json) {
    if (!json.isObject()) {
      throw new IllegalArgumentException("a descriptor is missing or is no object");
    }
    var size = json.path("size");
    if (!size.isIntegralNumber() || !size.canConvertToLong()) {
      throw new IllegalArgumentException("a descriptor has no size");
    }
    return new Descriptor(
        ManifestJson.required(json, "mediaType"),
        Digest.parse(ManifestJson.required(json, "digest")),
        size.longValue(),
        ManifestJson.annotations(json),
        Platform.read(json.path("platform")),
        ManifestJson.text(json, "artifactType"));
  }

  /** What stands in a manifest, in the order in which Go's tools write it. */
  public Map<String, Object> toJson() {
    var json = new LinkedHashMap<String, Object>();
    json.put("mediaType", mediaType);
    json.put("digest", digest.toString());
    json.put("size", size);
    if (!annotations.isEmpty()) {
      json.put("annotations", GoJson.sorted(annotations));
    }
    if (platform != null) {
      json.put("platform", platform.toJson());
    }
    if (artifactType != null) {
      json.put("artifactType", artifactType);
    }
    return json;
  }
}
