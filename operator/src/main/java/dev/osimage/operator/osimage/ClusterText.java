package dev.osimage.operator.osimage;

import dev.osimage.operator.status.BoundedText;
import org.jspecify.annotations.Nullable;

/** What the cluster says of a pod, as far as it fits into a status. */
final class ClusterText {

  private static final int MAX_LENGTH = 1000;

  private ClusterText() {}

  /** The text without white space around it; empty when there is none. */
  static String of(@Nullable String text) {
    var stripped = text == null ? "" : text.strip();
    return BoundedText.of(stripped, MAX_LENGTH);
  }
}
