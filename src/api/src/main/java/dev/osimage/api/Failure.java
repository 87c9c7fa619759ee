package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** How one attempt of a build failed. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Failure(
    @JsonPropertyDescription("Number of the attempt.") int attempt,
    @JsonPropertyDescription("Why, in one word for programs.") String reason,
    @JsonPropertyDescription("Why, in a sentence for people.") String message,
    @JsonPropertyDescription("What the builder was doing, such as source, push or tag.")
        @Nullable String step,
    @JsonPropertyDescription("How the builder's process ended.") @Nullable Integer exitCode,
    @JsonPropertyDescription("Whether it is tried again without anybody's change.")
        boolean retriable,
    @JsonPropertyDescription("The last lines of the builder's log, at most 2048 characters.")
        @Nullable String logTail) {}
