package dev.osimage.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/failures.md} names only proofs that exist. */
class FailuresDocumentTest {

  private static final Path PROJECT = Path.of("..");
  private static final Pattern PROOF =
      Pattern.compile("`(?<type>[A-Z]\\w+(Test|E2E))(\\.(?<method>[a-z]\\w+))?`");

  @Test
  void everyProofThatIsNamedExists() throws IOException {
    var tests = tests();
    var proofs = PROOF.matcher(Files.readString(PROJECT.resolve("docs/failures.md"))).results();

    assertThat(proofs.toList())
        .isNotEmpty()
        .allSatisfy(proof -> {
          var type = proof.group("type");
          var method = proof.group("method");
          assertThat(tests).containsKey(type);
          assertThat(tests.get(type))
              .as(type)
              .contains(method == null ? "class " + type : "void " + method + "(");
        });
  }

  /** The sources of all tests by the name of their class. */
  private static Map<String, String> tests() throws IOException {
    try (Stream<Path> files = Files.walk(PROJECT)) {
      return files
          .filter(file -> file.toString().matches(".*/src/test/java/.*(Test|E2E)\\.java"))
          .collect(
              Collectors.toMap(
                  file -> file.getFileName().toString().replace(".java", ""),
                  FailuresDocumentTest::read,
                  (one, other) -> one + other));
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
