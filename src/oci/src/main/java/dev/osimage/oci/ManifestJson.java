package dev.osimage.oci;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.osimage.oci.http.ConnectionFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the JSON of manifests and indexes; every complaint is a short sentence. */
final class ManifestJson {

  private static final int MAX_NAMES = 100_000;
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          // A name that is there twice means one thing to one reader and another to the next.
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ManifestJson() {}

  static JsonNode object(byte[] bytes) {
    JsonNode json;
    try {
      json = JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "it is not JSON: " + ConnectionFailure.shortened(e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new IllegalArgumentException("it is not JSON", e);
    }
    if (!json.isObject()) {
      throw new IllegalArgumentException("it is not a JSON object");
    }
    return json;
  }

  static @Nullable String text(JsonNode json, String field) {
    var value = json.path(field);
    return value.isTextual() && !value.textValue().isEmpty() ? value.textValue() : null;
  }

  static String required(JsonNode json, String field) {
    var value = text(json, field);
    if (value == null) {
      throw new IllegalArgumentException("'" + field + "' is missing");
    }
    return value;
  }

  static Map<String, String> annotations(JsonNode json) {
    var annotations = new LinkedHashMap<String, String>();
    for (var entry : json.path("annotations").properties()) {
      if (!entry.getValue().isTextual()) {
        throw new IllegalArgumentException("an annotation is not a text");
      }
      annotations.put(entry.getKey(), entry.getValue().textValue());
    }
    return annotations;
  }

  /** The descriptors that can be read; others, of algorithms not known here, are passed over. */
  static List<Descriptor> readableDescriptors(JsonNode json, String field) {
    var descriptors = new ArrayList<Descriptor>();
    for (var entry : json.path(field)) {
      try {
        descriptors.add(Descriptor.read(entry));
      } catch (IllegalArgumentException e) {
        // Somebody else's business.
      }
    }
    return descriptors;
  }

  static List<Descriptor> descriptors(JsonNode json, String field) {
    var list = json.path(field);
    if (!list.isArray() && !list.isMissingNode() && !list.isNull()) {
      throw new IllegalArgumentException("'" + field + "' is not a list");
    }
    if (list.size() > MAX_NAMES) {
      throw new IllegalArgumentException("'" + field + "' has too many entries");
    }
    var descriptors = new ArrayList<Descriptor>();
    list.forEach(entry -> descriptors.add(Descriptor.read(entry)));
    return descriptors;
  }
}
