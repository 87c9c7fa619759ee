package dev.osimage.operator.osimage;

import org.jspecify.annotations.Nullable;

/** What the cluster says of a pod, as far as it fits into a status. */
final class ClusterText {

  /** Longest text, in characters of Unicode: half a one would come back as another text. */
  private static final int MAX_LENGTH = 1000;

  private ClusterText() {}

  /** The text without white space around it; empty when there is none. */
  static String of(@Nullable String text) {
    var stripped = text == null ? "" : text.strip();
    return stripped.codePointCount(0, stripped.length()) <= MAX_LENGTH
        ? stripped
        : stripped.substring(0, stripped.offsetByCodePoints(0, MAX_LENGTH)) + "…";
  }
}
