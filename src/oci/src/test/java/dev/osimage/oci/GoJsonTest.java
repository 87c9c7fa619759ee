package dev.osimage.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoJsonTest {

  @Test
  void aCommandLineIsWrittenAsGoWritesIt() {
    assertThat(json(Map.of("commandLine", "a<b>&c=\"q\"\\ é \u2028 \t\n")))
        .isEqualTo("{\"commandLine\":\"a\\u003cb\\u003e\\u0026c=\\\"q\\\"\\\\ é \\u2028 \\t\\n\"}");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\0',
      value = {
        "22, \\\"",
        "5c, \\\\",
        "08, \\b",
        "09, \\t",
        "0a, \\n",
        "0c, \\f",
        "0d, \\r",
        "00, \\u0000",
        "01, \\u0001",
        "0b, \\u000b",
        "1f, \\u001f",
        "3c, \\u003c",
        "3e, \\u003e",
        "26, \\u0026",
        "2028, \\u2028",
        "2029, \\u2029"
      })
  void theseCharactersAreEscaped(String codePoint, String written) {
    assertThat(json(character(codePoint))).isEqualTo('"' + written + '"');
  }

  @ParameterizedTest
  @CsvSource({
    "2f", "27", "7f", "80", "a0", "e9", "2027", "202a", "feff", "fffd", "1f600", "10ffff"
  })
  void theseCharactersStayRaw(String codePoint) {
    var character = character(codePoint);

    assertThat(json(character)).isEqualTo('"' + character + '"');
  }

  @ParameterizedTest
  @CsvSource({
    "d83d, \\ufffd",
    "de00, \\ufffd",
    "d83d 41, \\ufffdA",
    "41 de00 42, A\\ufffdB",
    "de00 d83d, \\ufffd\\ufffd",
    "d83d d83d de00 de00, \\ufffd\ud83d\ude00\\ufffd"
  })
  void anUnpairedSurrogateBecomesTheReplacementCharacter(String units, String written) {
    var text = new StringBuilder();
    for (var unit : units.split(" ", -1)) {
      text.append((char) Integer.parseInt(unit, 16));
    }

    assertThat(json(text.toString())).isEqualTo('"' + written + '"');
  }

  @Test
  void keysAreEscapedLikeValues() {
    assertThat(json(Map.of("a&\"b", "x"))).isEqualTo("{\"a\\u0026\\\"b\":\"x\"}");
  }

  @Test
  void containersAreCompactAndKeepTheirOrder() {
    var map = new LinkedHashMap<String, Object>();
    map.put("z", List.of(1, 2L, "x", true, List.of(), Map.of()));
    map.put("a", Map.of("size", 231536600L));

    assertThat(json(map)).isEqualTo("{\"z\":[1,2,\"x\",true,[],{}],\"a\":{\"size\":231536600}}");
  }

  @Test
  void sizesBeyond32BitsAreWholeNumbers() {
    assertThat(json(Long.MAX_VALUE)).isEqualTo("9223372036854775807");
  }

  @Test
  void sortedKeysFollowTheirBytesAndNotTheirUtf16Units() {
    // U+1F600 has the smaller UTF-16 units (d83d...), U+FF01 the smaller UTF-8 bytes.
    var map = Map.of("\ud83d\ude00", "1", "\uff01", "2", "b", "3", "B", "4", "ba", "5", "é", "6");

    assertThat(GoJson.sorted(map).keySet())
        .containsExactly("B", "b", "ba", "é", "\uff01", "\ud83d\ude00");
  }

  @Test
  void aValueThatJsonLacksIsRefused() {
    assertThatThrownBy(() -> GoJson.write(Map.of("ratio", 0.5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Double");
  }

  @Test
  void anotherParserReadsBackWhatWasWritten() throws IOException {
    var random = new Random(1);
    var mapper = new ObjectMapper();
    for (int i = 0; i < 2000; i++) {
      var text =
          random
              .ints(20, 0, i % 2 == 0 ? 0x80 : Character.MAX_CODE_POINT + 1)
              .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();

      assertThat(mapper.readTree(GoJson.write(List.of(text))).path(0).asText()).isEqualTo(text);
    }
  }

  private static String character(String codePoint) {
    return Character.toString(Integer.parseInt(codePoint, 16));
  }

  private static String json(Object value) {
    return new String(GoJson.write(value), StandardCharsets.UTF_8);
  }
}
