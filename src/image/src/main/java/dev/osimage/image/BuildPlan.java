package dev.osimage.image;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.osimage.api.Architecture;
import dev.osimage.image.BuilderLine.PublishedPart;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Repository;
import dev.osimage.oci.content.Compression;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Everything a builder needs to know, except credentials: what the operator hands to it as JSON.
 *
 * @param version version of this JSON; a builder reads {@link #VERSION} only
 * @param architecture what kernel and UKI must be made for
 * @param inputsHash identity of the result, see {@link InputsHash}
 * @param config the config blob's media type, text and annotations
 * @param sources what is read, each of them once
 * @param parts the parts in the order of their layers
 * @param annotations annotations of the manifest
 * @param destination where the artifact goes
 * @param network how servers are reached; absent is {@link PlannedNetwork#PLAIN}
 * @param timeoutSeconds how long the build may take from the builder's start
 * @param credentialsWaitSeconds how long the builder waits, each time, for another content of a
 *     Secret that is missing, lacks a key, or is refused; 0: not at all
 * @param finished what earlier attempts have pushed, of parts whose digest is not known beforehand
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BuildPlan(
    int version,
    Architecture architecture,
    String inputsHash,
    Config config,
    List<PlannedSource> sources,
    List<PlannedPart> parts,
    Map<String, String> annotations,
    PlannedDestination destination,
    PlannedNetwork network,
    long timeoutSeconds,
    long credentialsWaitSeconds,
    List<FinishedPart> finished) {

  /** The version of the plans that this code writes and reads. */
  public static final int VERSION = 3;

  public BuildPlan {
    Objects.requireNonNull(architecture, "architecture");
    Objects.requireNonNull(inputsHash, "inputsHash");
    Objects.requireNonNull(config, "config");
    sources = List.copyOf(sources);
    parts = List.copyOf(parts);
    annotations = Map.copyOf(annotations);
    Objects.requireNonNull(destination, "destination");
    network = network == null ? PlannedNetwork.PLAIN : network;
    finished = List.copyOf(finished);
    for (var part : parts) {
      Objects.checkIndex(part.source(), sources.size());
    }
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
   * One part: what is done to its source, and what its layer says of it. A source of several parts
   * is an archive, from which each takes a file.
   *
   * @param source which one of {@link BuildPlan#sources()} it is made of
   * @param path the file in the archive that the source is, from the archive's root; without it,
   *     the whole source is the part
   * @param compression what is undone after that
   * @param digest digest of the part's bytes; absent where only the builder finds it out
   * @param checkHeader whether a {@link BootHeader} check is asked for
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record PlannedPart(
      PartName name,
      String mediaType,
      int source,
      @Nullable String path,
      Compression compression,
      @Nullable Digest digest,
      boolean checkHeader) {

    public PlannedPart {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(mediaType, "mediaType");
      Objects.requireNonNull(compression, "compression");
    }
  }

  /**
   * A repository and how to reach it.
   *
   * @param tags the tags to set once everything is there
   * @param plainHttp whether the registry is spoken to without TLS
   * @param secret name of the Secret with the registry's credentials
   * @param caBundle name of the ConfigMap with authorities that are trusted besides the usual ones
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record PlannedDestination(
      Repository repository,
      List<String> tags,
      boolean plainHttp,
      @Nullable String secret,
      @Nullable String caBundle) {

    public PlannedDestination {
      Objects.requireNonNull(repository, "repository");
      tags = List.copyOf(tags);
    }
  }

  /** The tag every build sets besides the user's, so that moving those never loses the artifact. */
  @JsonIgnore
  public String contentTag() {
    return contentTag(inputsHash);
  }

  /** The {@link #contentTag()} of builds with this {@link InputsHash}. */
  public static String contentTag(String inputsHash) {
    return "osimage-" + inputsHash.substring(0, 16);
  }

  /** Where the bytes of a part come from. */
  public PlannedSource sourceOf(PlannedPart part) {
    return sources.get(part.source());
  }

  /** The same plan with another bound on waits for Secrets; whole seconds count. */
  public BuildPlan withCredentialsWait(Duration wait) {
    return with(network, wait.toSeconds(), finished);
  }

  /** The same plan where the network is like this. */
  public BuildPlan withNetwork(PlannedNetwork other) {
    return with(other, credentialsWaitSeconds, finished);
  }

  /** The same plan for an attempt that follows others, which have pushed these parts. */
  public BuildPlan withFinished(List<FinishedPart> parts) {
    return with(network, credentialsWaitSeconds, parts);
  }

  private BuildPlan with(PlannedNetwork reached, long wait, List<FinishedPart> done) {
    return new BuildPlan(
        version,
        architecture,
        inputsHash,
        config,
        sources,
        parts,
        annotations,
        destination,
        reached,
        timeoutSeconds,
        wait,
        done);
  }

  /** What an earlier attempt has pushed for a part whose digest is not known beforehand. */
  public Optional<FinishedPart> finishedBefore(PlannedPart part) {
    return part.digest() != null
        ? Optional.empty()
        : finished.stream()
            .filter(done -> done.isMadeLike(part, sourceOf(part).digest()))
            .findFirst();
  }

  /**
   * What the next attempt has to know of a part that is in the registry; empty where its plan says
   * the digest anyway, or where nothing says what the source was.
   */
  public Optional<FinishedPart> finished(PlannedPart part, Digest digest, long size) {
    var source = sourceOf(part).digest();
    return part.digest() != null || source == null
        ? Optional.empty()
        : Optional.of(new FinishedPart(source, part.path(), part.compression(), digest, size));
  }

  /** The names of the Secrets that the builder finds in its {@link Mounts}, each once. */
  @JsonIgnore
  public SortedSet<String> secrets() {
    return names(PlannedSource.Http::secret, destination.secret());
  }

  /** The names of the ConfigMaps that the builder finds in its {@link Mounts}, each once. */
  @JsonIgnore
  public SortedSet<String> caBundles() {
    return names(PlannedSource.Http::caBundle, destination.caBundle());
  }

  private SortedSet<String> names(
      Function<PlannedSource.Http, @Nullable String> name, @Nullable String ofDestination) {
    var names = new TreeSet<String>();
    Optional.ofNullable(ofDestination).ifPresent(names::add);
    for (var source : sources) {
      if (source instanceof PlannedSource.Http http) {
        Optional.ofNullable(name.apply(http)).ifPresent(names::add);
      }
    }
    return names;
  }

  /** The manifest of the artifact, given the parts as they were found or published. */
  public ImageManifest manifest(Map<PartName, PublishedPart> published) {
    var configDescriptor =
        Descriptor.of(config.mediaType(), config.bytes()).annotated(config.annotations());
    var layers = parts.stream().map(part -> layer(part, published.get(part.name()))).toList();
    return new ImageManifest(configDescriptor, layers, annotations);
  }

  private static Descriptor layer(PlannedPart part, @Nullable PublishedPart published) {
    if (published == null) {
      throw new IllegalArgumentException("no digest and size of part " + part.name().text());
    }
    if (part.digest() != null && !part.digest().equals(published.digest())) {
      throw new IllegalArgumentException(
          "part %s is %s, but the plan says %s"
              .formatted(part.name().text(), published.digest(), part.digest()));
    }
    return new Descriptor(part.mediaType(), published.digest(), published.size());
  }
}
