package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the operator found out. {@code artifact}, {@code parts} and {@code boot} describe the last
 * good result and outlive later failures; {@code conditions} speak of the current generation.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record OsImageStatus(
    @JsonPropertyDescription(
            "The metadata.generation that the conditions speak of; -1 before the operator has seen"
                + " the object.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Ready is True when the artifact of this generation is published. Reconciling is present"
                + " while the operator works on it, Stalled while somebody has to change something"
                + " first.")
        @Nullable List<Condition> conditions,
    @JsonPropertyDescription("The artifact that was published last.") @Nullable Artifact artifact,
    @JsonPropertyDescription("The parts of that artifact, in the order of its layers.")
        @Nullable List<Part> parts,
    @JsonPropertyDescription("Where machines get that artifact's parts from.") @Nullable Boot boot,
    @JsonPropertyDescription("The newest build, running or finished.") @Nullable Build build,
    @JsonPropertyDescription(
            "When the operator tries again by itself, in RFC 3339; absent while it does not wait.")
        @Nullable String nextRetryTime,
    @JsonPropertyDescription("What was published before, newest first; at most 5.")
        @Nullable List<Published> history,
    @JsonPropertyDescription(
            "The value of the annotation reconcile.osimage.dev/requestedAt that was acted upon last.")
        @Nullable String lastHandledReconcileAt,
    @JsonPropertyDescription(
            "The value of the annotation rebuild.osimage.dev/requestedAt that was acted upon last.")
        @Nullable String lastHandledRebuildAt,
    @JsonPropertyDescription(
            "What the last look at the registry found of this artifact; absent before the first.")
        @Nullable Check check,
    @JsonPropertyDescription(
            "The look after that, if it could not look, and why; what was found before stands.")
        @Nullable Check failedCheck,
    @JsonPropertyDescription(
            "When an artifact was built again because the registry had lost it, newest first, of the"
                + " last 24 hours; at most 3.")
        @Nullable List<String> losses,
    @JsonPropertyDescription(
            "Earlier artifacts whose content tags are to be removed from the registry; at most 20.")
        @Nullable List<Retired> retired) {

  /** How many earlier publications are remembered. */
  public static final int MAX_HISTORY = 5;

  /** How often a lost artifact is built again within a day. */
  public static final int MAX_LOSSES = 3;

  /** How many artifacts can wait for the removal of their content tags. */
  public static final int MAX_RETIRED = 20;

  /** The status of an object that nobody has looked at. */
  public static OsImageStatus empty() {
    return new OsImageStatus(
        null, null, null, null, null, null, null, null, null, null, null, null, null, null);
  }

  /** The same with other boot URLs and conditions. */
  public OsImageStatus with(Boot boot, List<Condition> conditions) {
    return new OsImageStatus(
        observedGeneration,
        conditions,
        artifact,
        parts,
        boot,
        build,
        nextRetryTime,
        history,
        lastHandledReconcileAt,
        lastHandledRebuildAt,
        check,
        failedCheck,
        losses,
        retired);
  }

  /** Times of rebuilds after a loss, empty when there are none. */
  public List<String> effectiveLosses() {
    return losses == null ? List.of() : losses;
  }

  /** Artifacts whose content tags are to be removed, empty when there are none. */
  public List<Retired> effectiveRetired() {
    return retired == null ? List.of() : retired;
  }

  /** Earlier publications, empty when there are none. */
  public List<Published> effectiveHistory() {
    return history == null ? List.of() : history;
  }

  /** The conditions, empty when there are none. */
  public List<Condition> effectiveConditions() {
    return conditions == null ? List.of() : conditions;
  }
}
