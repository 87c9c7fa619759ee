package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OCI annotations by the object they are written on. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Annotations(
    @Size(max = 64)
        @ValidationRule(
            value = "self.all(k, size(k) > 0 && size(k) <= 256)",
            message = "each annotation key must have 1 to 256 characters")
        @JsonPropertyDescription(
            "Annotations of the manifest, such as"
                + " {\"org.opencontainers.image.version\": \"1592.1\"}.")
        @Nullable Map<String, String> manifest,
    @Size(max = 64)
        @ValidationRule(
            value = "self.all(k, size(k) > 0 && size(k) <= 256)",
            message = "each annotation key must have 1 to 256 characters")
        @JsonPropertyDescription("Annotations of the config's descriptor in the manifest.")
        @Nullable Map<String, String> config) {}
