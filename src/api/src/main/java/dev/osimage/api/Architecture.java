package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** A CPU architecture in the spelling of OCI platforms (Go's GOARCH). */
public enum Architecture {
  @JsonProperty("amd64")
  AMD64("amd64"),
  @JsonProperty("arm64")
  ARM64("arm64");

  private final String ociName;

  Architecture(String ociName) {
    this.ociName = ociName;
  }

  /** The name as OCI platforms and the custom resources write it. */
  public String ociName() {
    return ociName;
  }
}
