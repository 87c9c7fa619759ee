package dev.osimage.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/boot.md and what is served are the same. */
class MetricsDocumentTest {

  private static final Pattern ROW = Pattern.compile("(?m)^\\| `(osimage_\\w+)` \\| (\\w+) \\|");
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\w+) (\\w+)$");

  @Test
  void everyMetricIsDocumentedWithItsTypeAndNoOther() throws IOException {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var metrics = new WebMetrics(registry);
    metrics.begun();
    metrics.ended(200);

    assertThat(found(ROW, Files.readString(Path.of("../../docs/boot.md"))))
        .isEqualTo(found(TYPE, registry.scrape()));
  }

  private static Set<String> found(Pattern pattern, String text) {
    var found = new TreeSet<String>();
    pattern.matcher(text).results().forEach(row -> found.add(row.group(1) + " " + row.group(2)));
    return found;
  }
}
