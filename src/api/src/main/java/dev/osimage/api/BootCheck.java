package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether the builder looks at the headers of kernel and UKI before it publishes them. */
public enum BootCheck {
  @JsonProperty("Header")
  HEADER,
  @JsonProperty("Off")
  OFF
}
