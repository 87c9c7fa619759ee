package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** The name of a ConfigMap in the namespace of the object that refers to it. */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ConfigMapReference(
    @Required
        @Size(max = 253)
        @ValidationRule(
            value = "self.matches('^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')",
            message =
                "name must be the name of a ConfigMap in the same namespace: lower-case letters,"
                    + " digits, '-' and '.'")
        @JsonPropertyDescription("Name of the ConfigMap.")
        String name) {}
