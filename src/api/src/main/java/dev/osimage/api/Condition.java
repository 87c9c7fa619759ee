package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** A condition in the shape of Kubernetes' {@code metav1.Condition}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Condition(
    @Required @JsonPropertyDescription("Name of the condition, such as Ready.") String type,
    @Required @JsonPropertyDescription("True, False or Unknown.") String status,
    @JsonPropertyDescription("The metadata.generation that this condition speaks of.")
        @Nullable Long observedGeneration,
    @Required @JsonPropertyDescription("When status changed last, in RFC 3339.")
        String lastTransitionTime,
    @Required @JsonPropertyDescription("Why, in one word for programs.") String reason,
    @Required @JsonPropertyDescription("Why, in a sentence for people.") String message) {

  /** True when the artifact of the current generation is published and usable. */
  public static final String READY = "Ready";

  /** Present while the operator works towards Ready. */
  public static final String RECONCILING = "Reconciling";

  /** Present while the published artifact of this generation could not be built once more. */
  public static final String LAST_BUILD_FAILED = "LastBuildFailed";

  /** Present while the registry has one of the tags on another manifest, or not at all. */
  public static final String TAG_MOVED = "TagMoved";

  /** Whether the boot gateway serves the URLs of status.boot; absent without a gateway. */
  public static final String BOOT_URLS_REACHABLE = "BootURLsReachable";

  /** Present while no progress is expected until somebody changes something. */
  public static final String STALLED = "Stalled";
}
