package dev.osimage.oci;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An image manifest (OCI image-spec, "Image Manifest") without the optional {@code mediaType}
 * field, as the tools for OS images write it: readers learn the type from the Content-Type header.
 */
public record ImageManifest(
    Descriptor config, List<Descriptor> layers, Map<String, String> annotations) {

  public ImageManifest {
    layers = List.copyOf(layers);
    annotations = Map.copyOf(annotations);
  }

  /** The exact bytes that are published; equal manifests give equal bytes. */
  public byte[] toBytes() {
    var json = new LinkedHashMap<String, Object>();
    json.put("schemaVersion", 2);
    json.put("config", config.toJson());
    json.put("layers", layers.stream().map(Descriptor::toJson).toList());
    if (!annotations.isEmpty()) {
      json.put("annotations", GoJson.sorted(annotations));
    }
    return GoJson.write(json);
  }
}
