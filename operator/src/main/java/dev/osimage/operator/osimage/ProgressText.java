package dev.osimage.operator.osimage;

import dev.osimage.image.BuilderLine;
import java.util.Locale;

/** A builder's progress in a few words, for the column of that name. */
final class ProgressText {

  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

  private ProgressText() {}

  static String of(BuilderLine.Progress progress) {
    var total = progress.totalBytes();
    if (total == null) {
      return "%s, %d/%d parts"
          .formatted(size(progress.bytes()), progress.partsDone(), progress.parts());
    }
    long percent = total == 0 ? 100 : progress.bytes() * 100 / total;
    return percent + "% of " + size(total);
  }

  private static String size(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(
        Locale.ROOT, value < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", value, UNITS[unit]);
  }
}
