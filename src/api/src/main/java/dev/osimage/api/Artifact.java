package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A published OCI artifact. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Artifact(
    @JsonPropertyDescription("repository@digest: what a client pulls to get exactly this artifact.")
        String reference,
    @JsonPropertyDescription("Digest of the manifest.") String digest,
    @JsonPropertyDescription("Size of all parts together, in bytes.") long size,
    @JsonPropertyDescription("The tags that were set on the manifest.") List<String> tags,
    @JsonPropertyDescription("The metadata.generation that it was built from.") long generation,
    @JsonPropertyDescription("When it was published, in RFC 3339.") String builtAt,
    @JsonPropertyDescription(
            "Identity of the content: equal inputs have an equal hash, in every cluster.")
        String inputsHash,
    @JsonPropertyDescription(
            "Identity of the publication: the inputs, the repository and the tags.")
        String publicationHash,
    @JsonPropertyDescription(
            "The value of the annotation rebuild.osimage.dev/requestedAt that it was built for.")
        @Nullable String rebuild,
    @JsonPropertyDescription(
            "Since when this OsImage has published these tags without a break, in RFC 3339.")
        @Nullable String tagsSince) {}
