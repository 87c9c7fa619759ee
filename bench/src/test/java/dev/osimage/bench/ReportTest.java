package dev.osimage.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.bench.Result.Run;
import dev.osimage.bench.Result.Series;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

  @TempDir private Path folder;

  @Test
  void aResultIsReadAsItWasWritten() throws IOException {
    var report = new Report(folder);

    report.add(result(Row.PUSH, true));
    report.add(result(Row.MEMORY_RAW, true));

    assertThat(report.all()).containsExactly(result(Row.PUSH, true), result(Row.MEMORY_RAW, true));
  }

  @Test
  void theRatioAndEveryRunAreInTheText() throws IOException {
    new Report(folder).add(result(Row.PUSH, true));

    assertThat(folder.resolve("push.md"))
        .content()
        .contains("0.50 (0.50–0.75)", "| ours | 2.00 (2.00–3.00) |", "2.00 / 4.00, 3.00 / 4.00")
        .doesNotContain("no result");
  }

  @Test
  void aDisturbedResultSaysSoEverywhere() throws IOException {
    new Report(folder).add(result(Row.PUSH, false));

    assertThat(folder.resolve("push.json")).content().contains("\"disturbed\" : true");
    assertThat(folder.resolve("push.md")).content().contains("This is no result");
    assertThat(folder.resolve("all.svg")).content().contains("DISTURBED");
  }

  @Test
  void thePictureIsXmlWithABarForEachRegistryAndTheLinesOfBothLimits() throws Exception {
    var report = new Report(folder);
    report.add(result(Row.PUSH, true));
    report.add(result(Row.MEMORY_RAW, true));

    var picture =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(folder.resolve("all.svg").toFile());

    // The background, and a bar for each of two results.
    assertThat(picture.getElementsByTagName("rect").getLength()).isEqualTo(3);
    // Of each result the range and two lines; two more in the legend.
    assertThat(picture.getElementsByTagName("path").getLength()).isEqualTo(8);
  }

  private static Result result(Row row, boolean quiet) {
    var ours = List.of(run(2, true), run(2, quiet), run(3, true));
    var theirs =
        row.unit() == Row.Unit.MIB
            ? List.<Run>of()
            : List.of(run(4, true), run(4, true), run(4, true));
    var series = new Series("a registry", List.of("ours", "theirs"), ours, theirs);
    return new Result(
        row, "2026-01-02T03:04:05Z", "abc", 1, Map.of("cores", "2"), Map.of(), List.of(series));
  }

  private static Run run(double wall, boolean quiet) {
    return new Run(wall, 1, 0.5, 100, 2, quiet ? 0 : 9, quiet);
  }
}
