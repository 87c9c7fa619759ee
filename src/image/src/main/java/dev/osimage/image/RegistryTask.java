package dev.osimage.image;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.osimage.image.BuildPlan.PlannedDestination;
import dev.osimage.oci.Digest;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a pod does at a registry besides building: it looks at what was published, or takes it away.
 * The operator hands it over as JSON, as it does with a {@link BuildPlan}; the answer is a {@link
 * Termination} alone.
 *
 * @param version version of this JSON; a pod reads {@link #VERSION} only
 * @param kind what is done
 * @param destination the repository and how to reach it; its tags mean nothing here
 * @param caBundle authorities in PEM that are trusted besides the usual ones and the destination's
 * @param artifacts what it is done to
 * @param bootUrls URLs that machines read without credentials: a check tries them
 * @param timeoutSeconds how long it may take
 * @param credentialsWaitSeconds see {@link BuildPlan#credentialsWaitSeconds()}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RegistryTask(
    int version,
    Kind kind,
    PlannedDestination destination,
    @Nullable String caBundle,
    List<TaggedArtifact> artifacts,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> bootUrls,
    long timeoutSeconds,
    long credentialsWaitSeconds) {

  /** The version of the tasks that this code writes and reads. */
  public static final int VERSION = 1;

  public RegistryTask {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(destination, "destination");
    artifacts = List.copyOf(artifacts);
    // Absent in the JSON where there are none.
    bootUrls = bootUrls == null ? List.of() : List.copyOf(bootUrls);
  }

  /** What is done to artifacts. */
  public enum Kind {
    /** Manifest, config, parts and tags are looked at; nothing is written and no part is read. */
    @JsonProperty("check")
    CHECK,
    /** The tags are removed, as far as they still name the artifact. */
    @JsonProperty("untag")
    UNTAG,
    /** The manifests are deleted, and with them their tags. */
    @JsonProperty("delete")
    DELETE;

    /** The word in names and labels. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A manifest and what names it.
   *
   * @param digest digest of the manifest
   * @param tags tags that belong to it
   * @param contentTag the tag that its build set on its own; others may have set it as well, on
   *     another result of equal inputs. Absent where it is to be left alone
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record TaggedArtifact(Digest digest, List<String> tags, @Nullable String contentTag) {

    public TaggedArtifact {
      Objects.requireNonNull(digest, "digest");
      tags = List.copyOf(tags);
    }
  }
}
