package dev.osimage.oci;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an entry of an index is made for (OCI image-spec, "Image Index"): {@code architecture} and
 * {@code os} in the spelling of Go, {@code variant} for the like of ARM's v8.
 */
public record Platform(
    String architecture, String os, @Nullable String osVersion, @Nullable String variant) {

  /** A platform of which nothing more is to be said. */
  public Platform(String architecture, String os) {
    this(architecture, os, null, null);
  }

  static @Nullable Platform read(JsonNode json) {
    return json.isObject()
        ? new Platform(
            json.path("architecture").asText(""),
            json.path("os").asText(""),
            ManifestJson.text(json, "os.version"),
            ManifestJson.text(json, "variant"))
        : null;
  }

  Map<String, Object> toJson() {
    var json = new LinkedHashMap<String, Object>();
    json.put("architecture", architecture);
    json.put("os", os);
    if (osVersion != null) {
      json.put("os.version", osVersion);
    }
    if (variant != null) {
      json.put("variant", variant);
    }
    return json;
  }
}
