package dev.osimage.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.bench.FleetResult.Memory;
import dev.osimage.bench.FleetResult.Phase;
import dev.osimage.bench.FleetResult.Times;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FleetReportTest {

  private static final Latency LATENCY = new Latency(1, 2, 3);

  @TempDir private Path folder;

  @Test
  void everyWriteIsInTheTextByVerbAndResourceAndForEachObject() throws IOException {
    new Report(folder).add(result(true));

    assertThat(folder.resolve("objects.md"))
        .content()
        .contains(
            "**3 writes**",
            "4.50 writes for each object",
            "| `create jobs` | 4 | 1.00 | 0 |",
            "| `patch osimages/status` | 14 | 3.50 | 3 |",
            "| `list pods` | 8 | 2.00 | 0 |",
            "{create jobs=1} before, none after")
        .doesNotContain("no result", "%n");
  }

  @Test
  void aDisturbedResultSaysThatItsTimesAreNone() throws IOException {
    new Report(folder).add(result(false));

    assertThat(folder.resolve("objects.md")).content().contains("Times and CPU are no result");
    assertThat(folder.resolve("objects.json")).content().contains("\"disturbed\" : true");
  }

  @Test
  void theRacesAreReadWithoutIt() throws IOException {
    var report = new Report(folder);
    report.add(result(true));

    assertThat(report.all()).isEmpty();
  }

  private static FleetResult result(boolean quiet) {
    var building =
        phase(
            Map.of("create jobs", 4L, "patch osimages/status", 14L),
            Map.of("create jobs", 1L),
            Map.of("list pods", 8L),
            true);
    var steady = phase(Map.of("patch osimages/status", 3L), Map.of(), Map.of(), quiet);
    return new FleetResult(
        "2026-01-02T03:04:05Z",
        "abc",
        1,
        Map.of("cores", "2"),
        Map.of(),
        4,
        2,
        20,
        building,
        steady,
        new Times(1, 2, LATENCY, LATENCY, LATENCY, LATENCY, LATENCY),
        new Memory(100, 120, List.of(121.0, 122.0), 123, 20, 21),
        0);
  }

  private static Phase phase(
      Map<String, Long> writes, Map<String, Long> refused, Map<String, Long> reads, boolean quiet) {
    return new Phase(10, writes, refused, reads, 5, 0, 1, 2, 3, quiet ? 0 : 9, quiet);
  }
}
