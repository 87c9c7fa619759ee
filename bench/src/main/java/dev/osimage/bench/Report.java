package dev.osimage.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.osimage.bench.Result.Run;
import dev.osimage.bench.Result.Series;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Writes results into a folder: {@code ROW.json}, {@code ROW.md} and a picture of all rows. */
record Report(Path folder) {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** Adds a result, or replaces that of the same row. */
  void add(Result result) throws IOException {
    Files.createDirectories(folder);
    var name = result.row().text();
    Files.writeString(
        folder.resolve(name + ".json"), JSON.writeValueAsString(result) + System.lineSeparator());
    Files.writeString(folder.resolve(name + ".md"), markdown(result));
    Files.writeString(folder.resolve("all.svg"), Chart.of(all()));
  }

  /** Adds the result of a {@link Fleet}, or replaces it. */
  void add(FleetResult result) throws IOException {
    Files.createDirectories(folder);
    var name = Row.OBJECTS.text();
    Files.writeString(
        folder.resolve(name + ".json"), JSON.writeValueAsString(result) + System.lineSeparator());
    Files.writeString(folder.resolve(name + ".md"), FleetReport.of(result));
  }

  /** Adds the result of {@link Serving}, or replaces it. */
  void add(GatewayResult result) throws IOException {
    Files.createDirectories(folder);
    var name = Row.GATEWAY.text();
    Files.writeString(
        folder.resolve(name + ".json"), JSON.writeValueAsString(result) + System.lineSeparator());
    Files.writeString(folder.resolve(name + ".md"), result.markdown());
  }

  /** The results of all races that are there, in the order of the rows. */
  List<Result> all() throws IOException {
    var results = new ArrayList<Result>();
    for (var row : Row.values()) {
      var file = folder.resolve(row.text() + ".json");
      if (row.isRace() && Files.exists(file)) {
        results.add(JSON.readValue(file.toFile(), Result.class));
      }
    }
    return results;
  }

  private static String markdown(Result result) {
    var text = new StringBuilder();
    var row = result.row();
    text.append("# ").append(row.title()).append("\n\n");
    if (result.disturbed()) {
      text.append("**Disturbed: other processes used the machine. This is no result.**\n\n");
    }
    if (result.scale() != 1) {
      text.append("**All sizes times %s: this is no result.**%n%n".formatted(result.scale()));
    }
    text.append(
        row.unit() == Row.Unit.RATIO
            ? "Wall time of ours by that of `%s`, pair by pair".formatted(row.against())
            : "Peak memory of ours in MiB");
    text.append(
        "; must %s, aim %s. Values are medians (smallest–largest).%n"
            .formatted(row.must(), row.aim()));
    for (var series : result.series()) {
      series(text, row, series);
    }
    table(text, "machine", result.machine());
    table(text, "versions", result.versions());
    text.append("\n%s, commit %s\n".formatted(result.date(), result.commit()));
    return text.toString();
  }

  private static void series(StringBuilder text, Row row, Series series) {
    var value = series.value(row.unit());
    text.append("\n## %s: %s%n%n".formatted(series.registry(), text(value)));
    text.append("| | wall s | CPU s | registry's CPU s | peak MiB |\n|---|---|---|---|---|\n");
    side(text, "ours", series.ours());
    if (!series.theirs().isEmpty()) {
      side(text, "theirs", series.theirs());
    }
    text.append("\n```\n");
    series.commands().forEach(command -> text.append(command).append('\n'));
    text.append("```\n\nAll runs: wall seconds");
    text.append(series.theirs().isEmpty() ? " and peak MiB" : " of ours / theirs").append(": ");
    for (int i = 0; i < series.ours().size(); i++) {
      var ours = series.ours().get(i);
      double other = series.theirs().isEmpty() ? ours.peakMib() : series.theirs().get(i).wall();
      text.append("%s%.2f / %.2f".formatted(i == 0 ? "" : ", ", ours.wall(), other));
    }
    text.append(".\n");
  }

  private static void side(StringBuilder text, String name, List<Run> runs) {
    text.append(
        "| %s | %s | %s | %s | %s |%n"
            .formatted(
                name,
                text(runs, Run::wall),
                text(runs, Run::cpu),
                text(runs, Run::registryCpu),
                text(runs, Run::peakMib)));
  }

  private static String text(List<Run> runs, ToDoubleFunction<Run> value) {
    return text(Spread.of(runs.stream().map(value::applyAsDouble).toList()));
  }

  /** Median, smallest and largest value. */
  static String text(Spread spread) {
    return "%.2f (%.2f–%.2f)".formatted(spread.median(), spread.min(), spread.max());
  }

  /** A table of names and values. */
  static void table(StringBuilder text, String title, Map<String, String> values) {
    text.append("\n| %s | |%n|---|---|%n".formatted(title));
    text.append(
        values.entrySet().stream()
            .map(entry -> "| %s | %s |%n".formatted(entry.getKey(), entry.getValue()))
            .collect(Collectors.joining()));
  }
}
