package dev.osimage.oci.signature;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A JSON object of someone else, read so that it means one thing only: UTF-8, every name once,
 * nothing behind the end. Each complaint is an {@link IllegalArgumentException} with a short
 * sentence that does not quote the content, which may be a secret.
 */
record StrictJson(String path, JsonNode node) {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  StrictJson {
    if (!node.isObject()) {
      throw new IllegalArgumentException(
          path.isEmpty() ? "it is not a JSON object" : "'" + path + "' is no object or missing");
    }
  }

  static StrictJson parse(byte[] utf8) {
    try {
      var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
      return new StrictJson("", JSON.readTree(text));
    } catch (CharacterCodingException | JsonProcessingException e) {
      throw new IllegalArgumentException("it is not JSON in UTF-8 with every name once");
    }
  }

  boolean has(String field) {
    return node.has(field);
  }

  StrictJson object(String field) {
    return new StrictJson(pathOf(field), node.path(field));
  }

  String text(String field) {
    var value = node.path(field);
    if (!value.isTextual()) {
      throw new IllegalArgumentException("'" + pathOf(field) + "' is no text or missing");
    }
    return value.textValue();
  }

  /** A text of which only one is right. */
  void expect(String field, String expected) {
    if (!text(field).equals(expected)) {
      throw new IllegalArgumentException("'" + pathOf(field) + "' is not '" + expected + "'");
    }
  }

  int number(String field) {
    var value = node.path(field);
    if (!value.isInt()) {
      throw new IllegalArgumentException("'" + pathOf(field) + "' is no whole number or missing");
    }
    return value.intValue();
  }

  byte[] base64(String field) {
    return Base64Text.decode("'" + pathOf(field) + "'", text(field));
  }

  List<StrictJson> objects(String field) {
    var list = node.path(field);
    if (!list.isArray()) {
      throw new IllegalArgumentException("'" + pathOf(field) + "' is no list or missing");
    }
    return IntStream.range(0, list.size())
        .mapToObj(i -> new StrictJson(pathOf(field) + "[" + i + "]", list.path(i)))
        .toList();
  }

  /** Those members of an object that are texts; none when there is no such object. */
  Map<String, String> texts(String field) {
    var texts = new LinkedHashMap<String, String>();
    for (var member : node.path(field).properties()) {
      if (member.getValue().isTextual()) {
        texts.put(member.getKey(), member.getValue().textValue());
      }
    }
    return texts;
  }

  private String pathOf(String field) {
    return path.isEmpty() ? field : path + "." + field;
  }
}
