package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** A look at the registry, at the artifact of the status. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Check(
    @JsonPropertyDescription("Name of the Job that looked.") String job,
    @JsonPropertyDescription("When it ended, in RFC 3339.") String time,
    @JsonPropertyDescription(
            "What it found: Succeeded when everything is there, ArtifactLost, TagMoved, or why it"
                + " could not look.")
        String reason,
    @JsonPropertyDescription("The same in a sentence; empty when everything is there.")
        String message) {

  /** Whether it found that the artifact can't be pulled any more. */
  public boolean foundLoss() {
    return Reason.ARTIFACT_LOST.text().equals(reason);
  }

  /** Whether it found that a tag names something else. */
  public boolean foundTagMoved() {
    return Reason.TAG_MOVED.text().equals(reason);
  }
}
