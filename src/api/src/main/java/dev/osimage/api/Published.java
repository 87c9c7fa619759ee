package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an OsImage published before. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Published(
    @JsonPropertyDescription("The artifact as status.artifact named it.") Artifact artifact,
    @JsonPropertyDescription("Its parts, in the order of its layers.") List<Part> parts,
    @JsonPropertyDescription("Its kernel command line.") @Nullable String commandLine) {

  /** What was published before, without a command line. */
  public Published(Artifact artifact, List<Part> parts) {
    this(artifact, parts, null);
  }
}
