package dev.osimage.bench;

import dev.osimage.bench.Row.Unit;
import java.util.List;

/** A picture of results: one bar for each registry of each row, with the lines of must and aim. */
final class Chart {

  private static final int WIDTH = 910;
  private static final int LEFT = 330;
  private static final int BARS = 440;
  private static final int BAR = 16;
  private static final int GAP = 4;
  private static final int ROW_GAP = 18;
  private static final int TOP = 64;
  private static final int SECTION = 44;
  private static final double RATIO_END = 1.4;
  private static final double MIB_END = 160;

  private final StringBuilder svg = new StringBuilder();
  private int y = TOP;

  private Chart() {}

  /** The picture as SVG. */
  static String of(List<Result> results) {
    var chart = new Chart();
    chart.section(results, Unit.RATIO, "wall time, × that of the peer (1 = as fast)", RATIO_END);
    chart.section(results, Unit.MIB, "peak memory, MiB", MIB_END);
    return chart.framed();
  }

  private void section(List<Result> results, Unit unit, String title, double end) {
    var rows = results.stream().filter(result -> result.row().unit() == unit).toList();
    if (rows.isEmpty()) {
      return;
    }
    text(LEFT, y, "start", "h", title);
    y += ROW_GAP;
    rows.forEach(row -> row(row, end));
    y += SECTION;
  }

  private void row(Result result, double end) {
    int top = y;
    var row = result.row();
    var against = row.against().isEmpty() ? "" : "against " + row.against();
    text(LEFT - 12, y + BAR - GAP, "end", "", row.title());
    text(LEFT - 12, y + 2 * BAR, "end", "s", result.disturbed() ? "DISTURBED" : against);
    for (var series : result.series()) {
      bar(series, row, end);
    }
    y = Math.max(y, top + 2 * (BAR + GAP));
    line(row.must(), end, top, "must");
    line(row.aim(), end, top, "aim");
    y += ROW_GAP;
  }

  private void bar(Result.Series series, Row row, double end) {
    var value = series.value(row.unit());
    var grade =
        value.median() <= row.aim() ? "good" : value.median() <= row.must() ? "fair" : "bad";
    int width = x(value.median(), end);
    svg.append(
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"%s\"/>%n"
            .formatted(LEFT, y, width, BAR, grade));
    svg.append(
        "<path d=\"M%d %dH%d\" class=\"range\"/>%n"
            .formatted(LEFT + x(value.min(), end), y + BAR / 2, LEFT + x(value.max(), end)));
    text(LEFT + 6, y + BAR - GAP, "start", "", series.registry());
    var numbers = row.unit() == Unit.MIB ? "%.0f (%.0f–%.0f)" : "%.2f (%.2f–%.2f)";
    text(
        LEFT + BARS + 12,
        y + BAR - GAP,
        "start",
        "",
        numbers.formatted(value.median(), value.min(), value.max()));
    y += BAR + GAP;
  }

  private void line(double value, double end, int top, String style) {
    int x = LEFT + x(value, end);
    svg.append("<path d=\"M%d %dV%d\" class=\"%s\"/>%n".formatted(x, top - 3, y, style));
  }

  private static int x(double value, double end) {
    return (int) Math.round(Math.min(value, end) / end * BARS);
  }

  private void text(int x, int y, String anchor, String style, String words) {
    svg.append(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" class=\"%s\">%s</text>%n"
            .formatted(x, y, anchor, style, escaped(words)));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private String framed() {
    return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
    <style>
    .h{font-weight:bold}.s{fill:#666}
    .good{fill:#9fd8b4}.fair{fill:#f2d07c}.bad{fill:#f2a9a2}
    .range{stroke:#0006;stroke-width:3}.must{stroke:#000;stroke-width:2}.aim{stroke:#000;stroke-width:2;stroke-dasharray:4 2}
    </style>
    <rect width="100%%" height="100%%" fill="#fff"/>
    <text x="12" y="22" font-size="14" class="h">Shorter is better: medians, with smallest and largest</text>
    <path d="M470 12V28" class="must"/><text x="478" y="24">must</text>
    <path d="M530 12V28" class="aim"/><text x="538" y="24">aim</text>
    %s</svg>
    """
        .formatted(WIDTH, y, svg);
  }
}
