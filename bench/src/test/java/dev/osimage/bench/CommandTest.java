package dev.osimage.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CommandTest {

  private static final Command COMMAND =
      Command.of("curl", "-s", "http://x/a b")
          .pipe("xz", "-d")
          .into("raw")
          .then(Command.of("push"));

  @Test
  void aCommandReadsAsSomebodyWouldTypeIt() {
    assertThat(COMMAND).hasToString("curl -s 'http://x/a b' | xz -d >raw && push");
  }

  @Test
  void everyProgramOfItIsMeasuredUnderTheNumberOfItsPipe() {
    assertThat(COMMAND.script("time -o %d "))
        .isEqualTo("time -o 0 curl -s 'http://x/a b' | time -o 0 xz -d >raw && time -o 1 push");
  }

  @Test
  void quotesInWordsStayWhatTheyAre() {
    assertThat(Command.of("echo", "it's")).hasToString("echo 'it'\\''s'");
  }
}
