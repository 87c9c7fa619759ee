package dev.osimage.image;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where in a build something failed, as one word. The words are an interface for programs. */
public enum BuildStep {
  /** Reading the plan. */
  PLAN,
  /** Secrets and ConfigMaps: that they are there, and that registry and sources accept them. */
  CREDENTIALS,
  /** Reading a source, and comparing its digest. */
  SOURCE,
  /** Decompression, or taking a file out of an archive. */
  DECOMPRESS,
  /** Looking at the header of what a machine boots. */
  CHECK,
  /** Sending blobs to the registry. */
  PUSH,
  /** Between sources and registry, where it is not known which of them it was. */
  TRANSFER,
  /** Publishing the manifest by its digest. */
  MANIFEST,
  /** Setting the tags. */
  TAG;

  /** The word. */
  @JsonValue
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads the word; one of a newer version is as good as none. */
  @JsonCreator
  public static @Nullable BuildStep of(String text) {
    return Arrays.stream(values())
        .filter(step -> step.text().equals(text))
        .findFirst()
        .orElse(null);
  }
}
