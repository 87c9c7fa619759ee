package dev.osimage.oci;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON in exactly the bytes that Go's {@code encoding/json} writes: compact, {@code < > &} and
 * U+2028/9 escaped, everything else beyond ASCII raw, unpaired surrogates replaced. Digests are
 * over these bytes, so tools written in Go and this one agree on them.
 */
public final class GoJson {

  private GoJson() {}

  /**
   * Writes maps in their own order, lists, strings, whole numbers, booleans, and whatever was read
   * as a JSON tree; anything else is an {@link IllegalArgumentException}.
   */
  public static byte[] write(Object value) {
    var out = new StringBuilder();
    append(out, value);
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** The same map in the order in which Go writes maps: sorted by the UTF-8 bytes of the keys. */
  public static Map<String, Object> sorted(Map<String, ?> map) {
    var sorted = new LinkedHashMap<String, Object>();
    map.entrySet().stream()
        .sorted((a, b) -> Arrays.compareUnsigned(utf8(a.getKey()), utf8(b.getKey())))
        .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
    return sorted;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void append(StringBuilder out, Object value) {
    switch (value) {
      case Map<?, ?> map -> appendMap(out, map);
      case List<?> list -> appendList(out, list);
      case String text -> appendString(out, text);
      case Integer number -> out.append(number.intValue());
      case Long number -> out.append(number.longValue());
      case Boolean bool -> out.append(bool.booleanValue());
      case JsonNode json -> appendTree(out, json);
      default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
    }
  }

  private static void appendTree(StringBuilder out, JsonNode json) {
    switch (json.getNodeType()) {
      case OBJECT -> {
        var fields = new LinkedHashMap<String, JsonNode>();
        json.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
        appendMap(out, fields);
      }
      case ARRAY -> {
        var items = new ArrayList<JsonNode>();
        json.forEach(items::add);
        appendList(out, items);
      }
      case STRING -> appendString(out, json.textValue());
      default -> out.append(json);
    }
  }

  private static void appendMap(StringBuilder out, Map<?, ?> map) {
    out.append('{');
    String separator = "";
    for (var entry : map.entrySet()) {
      out.append(separator);
      appendString(out, (String) entry.getKey());
      out.append(':');
      append(out, entry.getValue());
      separator = ",";
    }
    out.append('}');
  }

  private static void appendList(StringBuilder out, List<?> list) {
    out.append('[');
    String separator = "";
    for (var item : list) {
      out.append(separator);
      append(out, item);
      separator = ",";
    }
    out.append(']');
  }

  private static void appendString(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '<', '>', '&', '\u2028', '\u2029' -> appendEscaped(out, c);
        default -> {
          if (c < 0x20) {
            appendEscaped(out, c);
          } else if (unpaired(text, i)) {
            out.append("\\ufffd");
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static boolean unpaired(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
  }

  private static void appendEscaped(StringBuilder out, char c) {
    out.append(String.format("\\u%04x", (int) c));
  }
}
