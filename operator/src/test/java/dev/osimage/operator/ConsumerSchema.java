package dev.osimage.operator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a program of others reads, in a few words of JSON Schema. Stricter than that: a field that
 * is not named is wrong, a pattern is one of the whole text, and so is a word that is not known
 * here.
 */
record ConsumerSchema(JsonNode schema) {

  private static final ObjectMapper YAML = new YAMLMapper();
  private static final Set<String> WORDS =
      Set.of(
          "$comment",
          "additionalProperties",
          "anyOf",
          "contentSchema",
          "enum",
          "items",
          "maxItems",
          "maxLength",
          "maximum",
          "minItems",
          "minLength",
          "minimum",
          "pattern",
          "properties",
          "required",
          "type");

  /** A sentence for everything that is wrong. */
  List<String> problems(JsonNode value) {
    var problems = new ArrayList<String>();
    check(schema, value, "", problems);
    return problems;
  }

  private static void check(JsonNode schema, JsonNode value, String at, List<String> problems) {
    schema
        .fieldNames()
        .forEachRemaining(word -> {
          if (!WORDS.contains(word)) {
            throw new IllegalArgumentException("unknown word in a schema: " + word);
          }
        });
    if (schema.has("anyOf")) {
      checkAny(schema.path("anyOf"), value, at, problems);
      return;
    }
    var type = schema.path("type").asText();
    boolean right =
        switch (type) {
          case "object" -> value.isObject();
          case "array" -> value.isArray();
          case "string" -> value.isTextual();
          case "integer" -> value.isIntegralNumber();
          case "boolean" -> value.isBoolean();
          default -> throw new IllegalArgumentException("unknown type in a schema: " + schema);
        };
    if (!right) {
      problems.add(at + ": not of type " + type + ": " + value);
      return;
    }
    if (schema.has("enum") && schema.path("enum").valueStream().noneMatch(value::equals)) {
      problems.add(at + ": not one of " + schema.path("enum") + ": " + value);
    }
    switch (type) {
      case "object" -> checkFields(schema, value, at, problems);
      case "array" -> checkItems(schema, value, at, problems);
      case "string" -> checkText(schema, value.asText(), at, problems);
      case "integer" ->
          checkBounds(schema, "minimum", "maximum", value.longValue(), at + ": ", problems);
      default -> {}
    }
  }

  private static void checkAny(JsonNode schemas, JsonNode value, String at, List<String> problems) {
    var all = new ArrayList<String>();
    for (var one : schemas) {
      var found = new ArrayList<String>();
      check(one, value, at, found);
      if (found.isEmpty()) {
        return;
      }
      all.addAll(found);
    }
    problems.addAll(all);
  }

  private static void checkFields(
      JsonNode schema, JsonNode value, String at, List<String> problems) {
    for (var name : schema.path("required")) {
      if (!value.has(name.asText())) {
        problems.add(at + "/" + name.asText() + ": missing");
      }
    }
    for (var field : value.properties()) {
      var place = at + "/" + field.getKey();
      var named = schema.path("properties").path(field.getKey());
      var known = named.isMissingNode() ? schema.path("additionalProperties") : named;
      if (known.isMissingNode()) {
        problems.add(place + ": unknown");
      } else {
        check(known, field.getValue(), place, problems);
      }
    }
  }

  private static void checkItems(
      JsonNode schema, JsonNode value, String at, List<String> problems) {
    checkBounds(schema, "minItems", "maxItems", value.size(), at + ": items: ", problems);
    for (int i = 0; i < value.size(); i++) {
      check(schema.path("items"), value.path(i), at + "/" + i, problems);
    }
  }

  private static void checkText(JsonNode schema, String text, String at, List<String> problems) {
    checkBounds(schema, "minLength", "maxLength", text.length(), at + ": length: ", problems);
    if (schema.has("pattern") && !text.matches(schema.path("pattern").asText())) {
      problems.add(at + ": not like " + schema.path("pattern") + ": " + text);
    }
    if (schema.has("contentSchema")) {
      try {
        check(schema.path("contentSchema"), YAML.readTree(text), at, problems);
      } catch (JsonProcessingException e) {
        problems.add(at + ": no YAML: " + e.getMessage());
      }
    }
  }

  private static void checkBounds(
      JsonNode schema, String min, String max, long value, String at, List<String> problems) {
    if (value < schema.path(min).asLong(Long.MIN_VALUE)
        || value > schema.path(max).asLong(Long.MAX_VALUE)) {
      problems.add(at + value + " is out of bounds");
    }
  }
}
