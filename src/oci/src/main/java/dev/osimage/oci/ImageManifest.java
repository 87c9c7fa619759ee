package dev.osimage.oci;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An image manifest (OCI image-spec, "Image Manifest"). {@code mediaType} may be absent, as the
 * tools for OS images leave it: readers learn the type from the Content-Type header.
 */
public record ImageManifest(
    @Nullable String mediaType,
    @Nullable String artifactType,
    Descriptor config,
    List<Descriptor> layers,
    @Nullable Descriptor subject,
    Map<String, String> annotations) {

  public ImageManifest {
    layers = List.copyOf(layers);
    annotations = Map.copyOf(annotations);
  }

  /** A manifest as the tools for OS images write it. */
  public ImageManifest(
      Descriptor config, List<Descriptor> layers, Map<String, String> annotations) {
    this(null, null, config, layers, null, annotations);
  }

  /**
   * An artifact without a config of its own that says something about {@code subject}
   * (distribution-spec, "Referrers").
   */
  public static ImageManifest referrer(
      String artifactType,
      List<Descriptor> layers,
      Descriptor subject,
      Map<String, String> annotations) {
    return new ImageManifest(
        MediaTypes.IMAGE_MANIFEST,
        artifactType,
        MediaTypes.EMPTY_DESCRIPTOR,
        layers,
        new Descriptor(subject.mediaType(), subject.digest(), subject.size()),
        annotations);
  }

  /** Reads one; throws {@link IllegalArgumentException} with a sentence for anything else. */
  public static ImageManifest parse(byte[] bytes) {
    var json = ManifestJson.object(bytes);
    var subject = json.path("subject");
    return new ImageManifest(
        ManifestJson.text(json, "mediaType"),
        ManifestJson.text(json, "artifactType"),
        Descriptor.read(json.path("config")),
        ManifestJson.descriptors(json, "layers"),
        subject.isObject() ? Descriptor.read(subject) : null,
        ManifestJson.annotations(json));
  }

  /**
   * What kind of artifact it is: {@code artifactType}, or the config's media type where there is
   * none.
   */
  public String effectiveArtifactType() {
    return artifactType == null ? config.mediaType() : artifactType;
  }

  /** The exact bytes that are published; equal manifests give equal bytes. */
  public byte[] toBytes() {
    var json = new LinkedHashMap<String, Object>();
    json.put("schemaVersion", 2);
    if (mediaType != null) {
      json.put("mediaType", mediaType);
    }
    if (artifactType != null) {
      json.put("artifactType", artifactType);
    }
    json.put("config", config.toJson());
    json.put("layers", layers.stream().map(Descriptor::toJson).toList());
    if (subject != null) {
      json.put("subject", subject.toJson());
    }
    if (!annotations.isEmpty()) {
      json.put("annotations", GoJson.sorted(annotations));
    }
    return GoJson.write(json);
  }
}
