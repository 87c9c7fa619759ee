package dev.osimage.operator.osimage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogTailTest {

  @Test
  void theLogIsShownAsPeopleReadItAndTheProtocolIsNot() {
    var tail =
        LogTail.of(
            List.of(
                "{\"timestamp\":1,\"level\":\"ERROR\",\"formattedMessage\":\"no such file\"}",
                "{\"type\":\"progress\",\"parts\":1,\"partsDone\":0,\"bytes\":5}",
                "Exception in thread \"main\" java.lang.OutOfMemoryError",
                "{\"level\":\"INFO\"}"));

    assertThat(tail)
        .isEqualTo(
            """
            ERROR no such file
            Exception in thread "main" java.lang.OutOfMemoryError
            {"level":"INFO"}\
            """);
  }

  @Test
  void ofALongLogTheEndIsKept() {
    var tail = LogTail.of(List.of("begin" + "x".repeat(5000), "end"));

    assertThat(tail)
        .hasSizeLessThanOrEqualTo(LogTail.MAX_LENGTH)
        .endsWith("x\nend")
        .startsWith("…");
  }

  @Test
  void aCutDoesNotSplitACharacter() {
    var tail = LogTail.of(List.of("😀".repeat(2000) + "xy"));

    assertThat(tail).doesNotContain("\uFFFD").matches("…(😀)+xy");
  }

  @Test
  void nothingSaidIsNoText() {
    assertThat(LogTail.of(Collections.nCopies(3, ""))).isNull();
  }
}
