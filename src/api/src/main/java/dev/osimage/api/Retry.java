package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/** How often a failed build is tried again. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Retry(
    @Min(1)
        @Max(999)
        @JsonPropertyDescription(
            "How many attempts one spec gets, from 1 to 999, before it stalls until somebody asks"
                + " again by the annotation reconcile.osimage.dev/requestedAt or changes the spec."
                + " Without it, attempts go on, with pauses that grow to the operator's limits.")
        @Nullable Integer limit) {}
