package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The API server refuses bad OsImages with a sentence, and takes good ones. */
class AdmissionE2E {

  private static final String EXPECT = "# expect: ";

  static Stream<Path> good() throws IOException {
    return samples("good");
  }

  static Stream<Path> bad() throws IOException {
    return samples("bad");
  }

  private static Stream<Path> samples(String kind) throws IOException {
    try (var files = Files.list(Project.file("e2e/src/test/resources/samples/" + kind))) {
      var sorted = files.sorted().toList();
      assertThat(sorted).hasSizeGreaterThan(20);
      return sorted.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("good")
  void takes(Path sample) {
    var result = dryRun(sample);
    assertThat(result.exit()).as(result.err()).isZero();
  }

  @ParameterizedTest
  @MethodSource("bad")
  void refuses(Path sample) {
    var expected = expectations(sample);
    assertThat(expected).isNotEmpty();
    var result = dryRun(sample);
    assertThat(result.exit()).as("refused").isNotZero();
    assertThat(result.err()).contains(expected);
  }

  @Test
  void kubectlExplainsEveryFieldInWords() {
    var kubectl = new Kubectl(Lab.open().cluster, "default");
    assertThat(kubectl.run("explain", "osimage.spec.files"))
        .contains("The Linux kernel as boot loaders take it")
        .contains("unified kernel image");
    assertThat(kubectl.run("explain", "osimage.spec.files.kernel.http"))
        .contains("SHA-256 of the bytes at the URL");
    assertThat(kubectl.run("explain", "osimage", "--recursive")).contains("bootCheck");
  }

  private static List<String> expectations(Path sample) {
    try (var lines = Files.lines(sample)) {
      return lines
          .filter(line -> line.startsWith(EXPECT))
          .map(line -> line.substring(EXPECT.length()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Command.Result dryRun(Path sample) {
    return new Kubectl(Lab.open().cluster, "default")
        .command("apply", "--dry-run=server", "--validate=strict", "-f", sample.toString())
        .result();
  }
}
