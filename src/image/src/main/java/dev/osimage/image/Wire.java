package dev.osimage.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/**
 * The JSON between operator and builder. Equal values are written as equal bytes; unknown fields of
 * a newer writer are ignored.
 */
public final class Wire {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
          .configure(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY, true)
          .configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true)
          .build();

  private Wire() {}

  private record Version(int version) {}

  /** One line of JSON, in UTF-8. */
  public static byte[] write(Object value) {
    try {
      return JSON.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no JSON for " + value.getClass(), e);
    }
  }

  /** Reads a value; throws {@link IllegalArgumentException} when the text is not one. */
  public static <T> T read(byte[] json, Class<T> type) {
    try {
      var value = JSON.readValue(json, type);
      if (value == null) {
        throw new IllegalArgumentException(
            "JSON null where a " + type.getSimpleName() + " belongs");
      }
      return value;
    } catch (IOException e) {
      throw new IllegalArgumentException("this is no " + type.getSimpleName(), e);
    }
  }

  /** Reads a plan; refuses one of another version, which another release of the operator wrote. */
  public static BuildPlan readPlan(byte[] json) {
    return read(json, BuildPlan.class, BuildPlan.VERSION);
  }

  /** Reads a task; refuses one of another version, which another release of the operator wrote. */
  public static RegistryTask readTask(byte[] json) {
    return read(json, RegistryTask.class, RegistryTask.VERSION);
  }

  private static <T> T read(byte[] json, Class<T> type, int expected) {
    // The version first: what another plan holds besides may be unreadable here.
    var version = read(json, Version.class).version();
    if (version != expected) {
      throw new IllegalArgumentException(
          "the plan has version %d and this builder reads version %d: use one image for operator and"
                  .formatted(version, expected)
              + " builder");
    }
    return read(json, type);
  }
}
