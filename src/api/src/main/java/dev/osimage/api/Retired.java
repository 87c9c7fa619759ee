package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** An earlier artifact that nothing names any more, whose content tag is to be removed. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Retired(
    @JsonPropertyDescription("repository@digest of the artifact.") String reference,
    @JsonPropertyDescription("The tag that every build sets on its own.") String contentTag) {}
