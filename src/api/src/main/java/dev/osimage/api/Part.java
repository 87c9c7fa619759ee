package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** One part of a published artifact. */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Part(
    @JsonPropertyDescription("Role of the part: kernel, initramfs, rootfs, squashfs, uki or iso.")
        String name,
    @JsonPropertyDescription("Media type of the layer.") String mediaType,
    @JsonPropertyDescription("Digest of the part's bytes.") String digest,
    @JsonPropertyDescription("Size in bytes.") long size,
    @JsonPropertyDescription("Where the part can be fetched; the URL names the digest.")
        String url) {}
