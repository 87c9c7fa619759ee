package dev.osimage.operator.osimage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.osimage.image.Wire;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The end of a builder's log as people read it: level and message, without the JSON around. */
final class LogTail {

  /** Longest text, in UTF-16 units; of a longer one the end is kept. */
  static final int MAX_LENGTH = 2048;

  private LogTail() {}

  /** The text of these lines; null when they say nothing. Lines of the protocol are left out. */
  static @Nullable String of(List<String> lines) {
    var text =
        lines.stream()
            .map(LogTail::readable)
            .filter(line -> !line.isBlank())
            .collect(Collectors.joining("\n"));
    if (text.isEmpty()) {
      return null;
    }
    return text.length() <= MAX_LENGTH ? text : end(text);
  }

  private static String end(String text) {
    int start = text.length() - MAX_LENGTH + 1;
    // Half a character would come back from the API server as another text.
    return "…" + text.substring(Character.isLowSurrogate(text.charAt(start)) ? start + 1 : start);
  }

  private static String readable(String line) {
    JsonNode json;
    try {
      json = Wire.read(line.getBytes(StandardCharsets.UTF_8), JsonNode.class);
    } catch (IllegalArgumentException e) {
      return line;
    }
    if (json.has("type")) {
      return "";
    }
    return json.has("formattedMessage")
        ? (json.path("level").asText() + " " + json.path("formattedMessage").asText()).strip()
        : line;
  }
}
