package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Where one file comes from: exactly one of the fields is set. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "(has(self.http) ? 1 : 0) + (has(self.inline) ? 1 : 0) == 1",
    message = "a file needs exactly one source: set http or inline")
@ValidationRule(
    value = "!has(self.inline) || size(self.inline) > 0",
    message = "inline must not be empty: leave the file out, or write its content",
    fieldPath = ".inline")
@ValidationRule(
    value = "!has(self.inline) || size(bytes(self.inline)) <= 65536",
    message =
        "inline text must be at most 65536 bytes (64 KiB): serve the file over HTTP and name it by"
            + " http.url and http.digest",
    fieldPath = ".inline")
public record FileSource(
    @JsonPropertyDescription(
            "Fetched over HTTP or HTTPS and checked by its digest. Set exactly one of http and"
                + " inline.")
        @Nullable HttpSource http,
    @Size(max = 262144)
        @JsonPropertyDescription(
            "The content of the file itself, as UTF-8 text of at most 64 KiB; 128 KiB for all files"
                + " together. Set exactly one of http and inline.")
        @Nullable String inline) {}
