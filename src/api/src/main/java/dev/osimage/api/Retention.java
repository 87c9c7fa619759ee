package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** How long earlier artifacts are kept. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Retention(
    @Min(0)
        @Max(OsImageStatus.MAX_HISTORY)
        @JsonPropertyDescription(
            "How many earlier artifacts status.history names, from 0 to 5; 5 without it.")
        @Nullable Integer history,
    @Size(max = 32)
        @ValidationRule(value = Durations.LONG_RULE, message = "maxAge " + Durations.LONG_SENTENCE)
        @JsonPropertyDescription(
            "Earlier artifacts that were published longer ago than this, from 1m to 8760h, such"
                + " as 720h, leave status.history. Without it, age does not matter.")
        @Nullable String maxAge) {

  /** How many earlier artifacts are kept. */
  public int effectiveHistory() {
    return history == null ? OsImageStatus.MAX_HISTORY : history;
  }
}
