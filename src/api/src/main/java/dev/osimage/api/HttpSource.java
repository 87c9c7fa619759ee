package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A file on a web server, pinned by the digest of the bytes at the URL. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
// On the record and not on its field, whose value (a password) the API server would quote.
@ValidationRule(
    value = "!self.url.matches('^[a-z]+://[^/?#]*@')",
    message = "url must not contain a user name or password",
    fieldPath = ".url")
@ValidationRule(
    value = "!has(self.caBundleRef) || !self.url.startsWith('http://')",
    message =
        "caBundleRef has no meaning for an http:// URL: write https:// in url, or remove"
            + " caBundleRef",
    fieldPath = ".caBundleRef")
public record HttpSource(
    @Required
        @Size(max = 2048)
        @ValidationRule(
            value =
                "self.matches('^[a-z]+://[^/?#]*@') || (isURL(self) && self.matches("
                    + "'^https?://([A-Za-z0-9_-]{1,63}([.][A-Za-z0-9_-]{1,63})*[.]?|\\\\[[0-9A-Fa-f:.]+\\\\])(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
                    + "([/?][^\\\\s#]*)?$'))",
            message =
                "url must be a complete http:// or https:// URL without spaces and without #, such"
                    + " as https://images.example.com/debian/vmlinuz")
        @JsonPropertyDescription("Where the file is: an http or https URL. Redirects are followed.")
        String url,
    @Required
        @Size(max = 256)
        @ValidationRule(
            value = "self.matches('^sha256:[a-f0-9]{64}$')",
            message =
                "digest must be 'sha256:' followed by the 64 lower-case hex digits that sha256sum"
                    + " prints; other algorithms are not supported")
        @JsonPropertyDescription(
            "SHA-256 of the bytes at the URL, as sha256:<64 hex digits>. Nothing is published when"
                + " the bytes differ.")
        String digest,
    @JsonPropertyDescription(
            "Secret in the same namespace with credentials for the web server: type"
                + " kubernetes.io/basic-auth (keys username and password), or a key token (sent as"
                + " bearer token), or keys header.<Name> (sent as headers of these names). They are"
                + " sent to the host of url only, not to where it redirects; with an http:// URL"
                + " they travel unencrypted. Only builder pods read it.")
        @Nullable SecretReference secretRef,
    @JsonPropertyDescription(
            "ConfigMap in the same namespace whose key ca.crt holds certificates of authorities in"
                + " PEM. They are trusted for this file, in addition to the usual ones.")
        @Nullable ConfigMapReference caBundleRef) {}
