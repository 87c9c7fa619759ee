package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The family of media types that the artifact is written in. */
public enum Format {
  @JsonProperty("ironcore")
  IRONCORE("ironcore"),
  @JsonProperty("ironcore-legacy")
  IRONCORE_LEGACY("ironcore-legacy"),
  @JsonProperty("onmetal")
  ONMETAL("onmetal");

  private final String text;

  Format(String text) {
    this.text = text;
  }

  /** The name as the custom resources write it. */
  public String text() {
    return text;
  }
}
