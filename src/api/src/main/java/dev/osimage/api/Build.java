package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** One build: a series of attempts, each a Job, to publish one thing. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Build(
    @JsonPropertyDescription("Name of the Job of the newest attempt.") String job,
    @JsonPropertyDescription("Number of that attempt, from 1.") int attempt,
    @JsonPropertyDescription("The metadata.generation that is built.") long generation,
    @JsonPropertyDescription(
            "Identity of the publication: the inputs, the repository and the tags.")
        String publicationHash,
    @JsonPropertyDescription("How far the build is, such as '42% of 280 MiB'.")
        @Nullable String progress,
    @JsonPropertyDescription("How the newest attempt that ended failed, unless it succeeded.")
        @Nullable Failure failure) {}
