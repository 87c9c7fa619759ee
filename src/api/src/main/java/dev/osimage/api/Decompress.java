package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a file is decompressed before it is published. */
public enum Decompress {
  /** As the suffix of the file's name says; not at all where the name has no such suffix. */
  @JsonProperty("Auto")
  AUTO,
  /** Not at all: the file is published as it is. */
  @JsonProperty("None")
  NONE,
  /** RFC 1952, as gzip writes it. */
  @JsonProperty("Gzip")
  GZIP,
  /** As xz writes it. */
  @JsonProperty("Xz")
  XZ,
  /** RFC 8878, as zstd writes it. */
  @JsonProperty("Zstd")
  ZSTD,
  /** As bzip2 writes it. */
  @JsonProperty("Bzip2")
  BZIP2,
  /** LZ4 frames, as lz4 writes them. */
  @JsonProperty("Lz4")
  LZ4
}
