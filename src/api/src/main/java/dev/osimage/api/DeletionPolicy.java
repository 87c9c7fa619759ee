package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What becomes of what an OsImage has published when the OsImage is deleted. */
public enum DeletionPolicy {
  /** It stays. */
  @JsonProperty("Retain")
  RETAIN,
  /** Its tags are removed; the registry collects what then has none, when it does so. */
  @JsonProperty("Untag")
  UNTAG,
  /** Its manifests are deleted, and all their tags with them. */
  @JsonProperty("Delete")
  DELETE
}
