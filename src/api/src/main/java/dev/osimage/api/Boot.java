package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a provisioner needs to boot a machine from the artifact. Every URL names a digest. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Boot(
    @JsonPropertyDescription("The metadata.generation that the artifact was built from.")
        long generation,
    @JsonPropertyDescription("URL of the kernel.") @Nullable String kernelURL,
    @JsonPropertyDescription("URL of the initramfs.") @Nullable String initramfsURL,
    @JsonPropertyDescription("URL of the root file system.") @Nullable String rootfsURL,
    @JsonPropertyDescription("URL of the squashfs.") @Nullable String squashfsURL,
    @JsonPropertyDescription("URL of the unified kernel image.") @Nullable String ukiURL,
    @JsonPropertyDescription("URL of the ISO image.") @Nullable String isoURL,
    @JsonPropertyDescription("Kernel command line.") @Nullable String commandLine,
    @JsonPropertyDescription(
            "URL of a script for iPXE that boots the artifact; absent without a boot gateway.")
        @Nullable String ipxeURL) {

  /** The URLs of the parts that there are. */
  public List<String> partUrls() {
    return Stream.of(kernelURL, initramfsURL, rootfsURL, squashfsURL, ukiURL, isoURL)
        .flatMap(Stream::ofNullable)
        .toList();
  }
}
