package dev.osimage.image;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.osimage.api.Architecture;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Repository;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Everything a builder needs to know, except credentials: what the operator hands to it as JSON.
 *
 * @param version version of this JSON; a builder refuses a plan newer than {@link #VERSION}
 * @param architecture what kernel and UKI must be made for
 * @param inputsHash identity of the result, see {@link InputsHash}
 * @param config the config blob's media type, text and annotations
 * @param parts the parts in the order of their layers
 * @param annotations annotations of the manifest
 * @param repository where the artifact goes
 * @param tags the tags to set once everything is there
 * @param plainHttp whether the registry is spoken to without TLS
 * @param timeoutSeconds how long the build may take from the builder's start
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BuildPlan(
    int version,
    Architecture architecture,
    String inputsHash,
    Config config,
    List<PlannedPart> parts,
    Map<String, String> annotations,
    Repository repository,
    List<String> tags,
    boolean plainHttp,
    long timeoutSeconds) {

  /** The version of the plans that this code writes. */
  public static final int VERSION = 1;

  public BuildPlan {
    Objects.requireNonNull(architecture, "architecture");
    Objects.requireNonNull(inputsHash, "inputsHash");
    Objects.requireNonNull(config, "config");
    parts = List.copyOf(parts);
    annotations = Map.copyOf(annotations);
    Objects.requireNonNull(repository, "repository");
    tags = List.copyOf(tags);
  }

  /** The config blob: {@code text} is its exact content. */
  public record Config(String mediaType, String text, Map<String, String> annotations) {

    /** The blob's bytes. */
    @JsonIgnore
    public byte[] bytes() {
      return text.getBytes(StandardCharsets.UTF_8);
    }
  }

  /**
   * One part: its layer's media type, the digest of its bytes, and where they come from, which is
   * either {@code url} or {@code inline}. {@code checkHeader} asks for a {@link BootHeader} check.
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record PlannedPart(
      PartName name,
      String mediaType,
      Digest digest,
      @Nullable String url,
      @Nullable String inline,
      boolean checkHeader) {}

  /** The tag every build sets besides the user's, so that moving those never loses the artifact. */
  @JsonIgnore
  public String contentTag() {
    return "osimage-" + inputsHash.substring(0, 16);
  }

  /** The manifest of the artifact, given the sizes of the parts in bytes. */
  public ImageManifest manifest(Map<PartName, Long> sizes) {
    var configBytes = config.bytes();
    var configDescriptor =
        new Descriptor(
            config.mediaType(), Digest.of(configBytes), configBytes.length, config.annotations());
    var layers = parts.stream().map(part -> layer(part, sizes)).toList();
    return new ImageManifest(configDescriptor, layers, annotations);
  }

  private static Descriptor layer(PlannedPart part, Map<PartName, Long> sizes) {
    var size = sizes.get(part.name());
    if (size == null) {
      throw new IllegalArgumentException("no size of part " + part.name().text());
    }
    return new Descriptor(part.mediaType(), part.digest(), size);
  }
}
