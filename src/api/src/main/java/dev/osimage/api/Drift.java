package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Looks from time to time whether the registry still has what was published. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Drift(
    @Required
        @Size(max = 32)
        @ValidationRule(
            value = Durations.LONG_RULE,
            message = "interval " + Durations.LONG_SENTENCE)
        @JsonPropertyDescription(
            "How often it is looked, from 1m to 8760h, such as 6h; up to a tenth is added, so that"
                + " many objects do not ask at once. Each look is a pod that asks for the manifest,"
                + " the tags and the size of each part, and reads no part.")
        String interval,
    @Default("Rebuild")
        @JsonPropertyDescription(
            "What happens when manifest or parts are lost. 'Rebuild' (default): they are built and"
                + " published again, at most three times in 24 hours. 'Report': Ready becomes False"
                + " and Stalled True, and nothing is done.")
        @Nullable OnLost onLost) {

  /** What happens on a loss, with its default when the object did not pass the API server. */
  public OnLost effectiveOnLost() {
    return onLost == null ? OnLost.REBUILD : onLost;
  }
}
