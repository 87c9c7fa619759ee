package dev.osimage.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.operator.runtime.BuildMetrics.Result;
import io.javaoperatorsdk.operator.api.reconciler.Constants;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/metrics.md and what is served are the same. */
class MetricsDocumentTest {

  private static final Path DOCUMENT = Path.of("../docs/metrics.md");
  private static final Pattern ROW =
      Pattern.compile("\\| `(\\w+)` \\| (\\w+) \\| (\\w+) \\| (.*?)\\| \\w.*\\. \\|");
  private static final Pattern TYPE = Pattern.compile("# TYPE (\\w+) (\\w+)");
  private static final Pattern SAMPLE = Pattern.compile("(\\w+?)(?:\\{(.*)})? \\S+");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"");

  private record Metric(String type, Set<String> labels) {}

  @Test
  void everyMetricIsDocumentedWithTypeAndLabelsAndNoOther() throws IOException {
    assertThat(documented()).isEqualTo(served());
  }

  @Test
  void theUnitIsInTheName() throws IOException {
    var rows = ROW.matcher(Files.readString(DOCUMENT));
    while (rows.find()) {
      for (var unit : new String[] {"seconds", "bytes"}) {
        assertThat(rows.group(3).equals(unit))
            .as("%s is in %s", rows.group(1), unit)
            .isEqualTo(rows.group(1).contains("_" + unit));
      }
    }
  }

  private static Map<String, Metric> documented() throws IOException {
    var metrics = new TreeMap<String, Metric>();
    var rows = ROW.matcher(Files.readString(DOCUMENT));
    while (rows.find()) {
      var labels = rows.group(4).replace("`", "").strip();
      metrics.put(
          rows.group(1),
          new Metric(
              rows.group(2),
              labels.isEmpty() ? Set.of() : new TreeSet<>(Set.of(labels.split(", ", -1)))));
    }
    return metrics;
  }

  private static Map<String, Metric> served() {
    var lines = scrape().lines().toList();
    var types =
        lines.stream()
            .map(TYPE::matcher)
            .filter(type -> type.matches())
            .collect(Collectors.toMap(type -> type.group(1), type -> type.group(2)));
    // The document speaks of these once for all histograms.
    types
        .keySet()
        .removeIf(
            name -> name.endsWith("_max") && types.containsKey(name.replaceFirst("_max$", "")));
    var metrics = new TreeMap<String, Metric>();
    types.forEach((name, type) -> metrics.put(name, new Metric(type, new TreeSet<>())));
    for (var line : lines) {
      var sample = SAMPLE.matcher(line);
      if (sample.matches()) {
        var name = sample.group(1).replaceFirst("_(bucket|sum|count|max)$", "");
        var metric = metrics.getOrDefault(sample.group(1), metrics.get(name));
        if (metric == null) {
          throw new AssertionError("a sample of no metric: " + line);
        }
        var labels = LABEL.matcher(sample.group(2) == null ? "" : sample.group(2));
        while (labels.find()) {
          metric.labels().add(labels.group(1));
        }
        metric.labels().remove("le");
      }
    }
    return metrics;
  }

  /** Everything that the operator's parts expose once each has counted something. */
  private static String scrape() {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    ProcessMetrics.bindTo(registry, () -> true);
    var builds = new BuildMetrics(registry, 1);
    builds.ended(Result.FAILED, "BuilderLost");
    builds.taskEnded("check", "ArtifactLost");
    builds.letGo(true);
    builds.lastSuccess("default", "debian", Instant.EPOCH);
    var reconciliations = new ReconcileMetrics(registry, id -> {});
    reconciliations.cleanupDoneFor(
        new ResourceID("debian", "default"), Map.of(Constants.CONTROLLER_NAME, "osimage"));
    return registry.scrape();
  }
}
