package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What happens when the registry has lost what was published. */
public enum OnLost {
  /** It is built and published again. */
  @JsonProperty("Rebuild")
  REBUILD,
  /** It is said, and nothing is done. */
  @JsonProperty("Report")
  REPORT
}
