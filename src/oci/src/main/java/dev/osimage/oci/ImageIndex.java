package dev.osimage.oci;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An index of manifests (OCI image-spec, "Image Index"); entries may be indexes themselves. */
public record ImageIndex(
    @Nullable String mediaType,
    @Nullable String artifactType,
    List<Descriptor> manifests,
    @Nullable Descriptor subject,
    Map<String, String> annotations) {

  public ImageIndex {
    manifests = List.copyOf(manifests);
    annotations = Map.copyOf(annotations);
  }

  /** An index with its media type and without annotations. */
  public ImageIndex(List<Descriptor> manifests) {
    this(MediaTypes.IMAGE_INDEX, null, manifests, null, Map.of());
  }

  /** Reads one; throws {@link IllegalArgumentException} with a sentence for anything else. */
  public static ImageIndex parse(byte[] bytes) {
    var json = ManifestJson.object(bytes);
    if (!json.path("manifests").isArray()) {
      throw new IllegalArgumentException("'manifests' is missing: it is not an index");
    }
    var subject = json.path("subject");
    return new ImageIndex(
        ManifestJson.text(json, "mediaType"),
        ManifestJson.text(json, "artifactType"),
        ManifestJson.descriptors(json, "manifests"),
        subject.isObject() ? Descriptor.read(subject) : null,
        ManifestJson.annotations(json));
  }

  /**
   * The entries of an index that can be read, for lists to which anybody may add: what one of them
   * got wrong shall not hide the others. Throws {@link IllegalArgumentException} for what is no
   * index.
   */
  public static List<Descriptor> readableManifests(byte[] bytes) {
    var json = ManifestJson.object(bytes);
    if (!json.path("manifests").isArray()) {
      throw new IllegalArgumentException("'manifests' is missing: it is not an index");
    }
    return ManifestJson.readableDescriptors(json, "manifests");
  }

  /** The same index with other entries. */
  public ImageIndex withManifests(List<Descriptor> manifests) {
    return new ImageIndex(mediaType, artifactType, manifests, subject, annotations);
  }

  /** The exact bytes that are published; equal indexes give equal bytes. */
  public byte[] toBytes() {
    var json = new LinkedHashMap<String, Object>();
    json.put("schemaVersion", 2);
    if (mediaType != null) {
      json.put("mediaType", mediaType);
    }
    if (artifactType != null) {
      json.put("artifactType", artifactType);
    }
    json.put("manifests", manifests.stream().map(Descriptor::toJson).toList());
    if (subject != null) {
      json.put("subject", subject.toJson());
    }
    if (!annotations.isEmpty()) {
      json.put("annotations", GoJson.sorted(annotations));
    }
    return GoJson.write(json);
  }
}
