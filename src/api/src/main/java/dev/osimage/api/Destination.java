package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A repository in a registry, and how to reach it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "!has(self.caBundleRef) || !has(self.plainHTTP) || !self.plainHTTP",
    message =
        "caBundleRef has no meaning with plainHTTP: true: remove plainHTTP, or remove caBundleRef",
    fieldPath = ".caBundleRef")
public record Destination(
    @Required
        @Size(max = 512)
        @ValidationRule(
            value = "!self.contains('://')",
            message =
                "repository must not contain a scheme: write registry.example.com/os/debian, and"
                    + " set plainHTTP: true for a registry without TLS")
        @ValidationRule(
            value = "self.contains('://') || !self.contains('@')",
            message =
                "repository must not contain a digest: it names where to publish, the digest comes"
                    + " out in the status")
        @ValidationRule(
            value =
                "self.contains('://') || self.contains('@') ||" + " !self.matches('/[^/]*:[^/]*$')",
            message = "repository must not contain a tag: move it to destination.tags")
        @ValidationRule(
            value = "self.contains('://') || self.matches('^([^/]*[.:][^/]*|localhost)/')",
            message =
                "repository must begin with the host of the registry, such as"
                    + " registry.example.com/os/debian or localhost:5000/debian")
        @ValidationRule(
            value =
                "self.contains('://') || self.contains('@') || self.matches('/[^/]*:[^/]*$') ||"
                    + " !self.matches('^([^/]*[.:][^/]*|localhost)/') ||"
                    + " (size(self) <= 255 && self.matches("
                    + "'^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?([.][a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*|\\\\[[0-9a-fA-F:.]+\\\\])"
                    + "(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
                    + "(/[a-z0-9]+(([.]|_|__|-+)[a-z0-9]+)*)+$'))",
            message =
                "repository must be host[:port]/path, at most 255 characters, the path in lower-case"
                    + " letters and digits with . _ - between them")
        @JsonPropertyDescription(
            "Registry and repository, such as registry.example.com/os/debian. The host is needed;"
                + " there is no default registry.")
        String repository,
    @Size(max = 32)
        @ValidationRule(
            value = "self.all(t, t.matches('^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$'))",
            message =
                "each tag must have 1 to 128 letters, digits, '.', '_' or '-', and begin with a"
                    + " letter, a digit or '_'")
        @ValidationRule(
            value = "!self.exists(t, t.matches('^osimage-[0-9a-f]{16}$'))",
            message =
                "tags of the form osimage-<16 hex digits> are set by every build itself: choose"
                    + " another one")
        @JsonPropertyDescription(
            "Tags to set on the manifest once everything is uploaded, such as"
                + " [\"1592.1-amd64\", \"latest-amd64\"]. One OsImage is one architecture, so let tags say"
                + " which. Besides, every build sets a tag osimage-<16 hex digits>, which keeps the"
                + " artifact when these move; it stays in the registry.")
        @Nullable List<String> tags,
    @JsonPropertyDescription(
            "Secret in the same namespace with the registry's credentials: type"
                + " kubernetes.io/dockerconfigjson (as kubectl create secret docker-registry makes"
                + " it) or kubernetes.io/basic-auth (keys username and password). Only builder pods read it.")
        @Nullable SecretReference secretRef,
    @JsonPropertyDescription(
            "ConfigMap in the same namespace whose key ca.crt holds certificates of authorities in"
                + " PEM. They are trusted for this registry, in addition to the usual ones.")
        @Nullable ConfigMapReference caBundleRef,
    @JsonPropertyDescription(
            "True talks to the registry without TLS. For test registries; credentials then travel"
                + " unencrypted.")
        @Nullable Boolean plainHTTP) {

  /** The tags, empty when none were given. */
  public List<String> effectiveTags() {
    return tags == null ? List.of() : tags;
  }

  /** Whether the registry is spoken to without TLS. */
  public boolean usesPlainHttp() {
    return Boolean.TRUE.equals(plainHTTP);
  }
}
