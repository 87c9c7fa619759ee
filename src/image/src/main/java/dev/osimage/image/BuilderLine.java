package dev.osimage.image;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.osimage.oci.Digest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A line of a builder's standard output: one JSON object, its kind in {@code type}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = BuilderLine.Progress.class, name = "progress"),
  @JsonSubTypes.Type(value = BuilderLine.PartDone.class, name = "partDone"),
  @JsonSubTypes.Type(value = BuilderLine.Result.class, name = "result")
})
public sealed interface BuilderLine {

  /**
   * How far the transfer is. {@code totalBytes} is absent until the sizes of all parts are known.
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Progress(int partsDone, int parts, long bytes, @Nullable Long totalBytes)
      implements BuilderLine {}

  /** A part is in the registry whose digest only the build could find out. */
  record PartDone(PartName name, FinishedPart part) implements BuilderLine {}

  /**
   * The result of a successful build, the last line of the log.
   *
   * @param version version of this JSON
   * @param digest digest of the manifest
   * @param parts the parts in the order of their layers
   * @param finishedAt when the last tag was set, in RFC 3339
   */
  record Result(int version, Digest digest, List<PublishedPart> parts, String finishedAt)
      implements BuilderLine {

    /** The version of the results that this code writes. */
    public static final int VERSION = 1;
  }

  /** One part as it lies in the registry; {@code size} is in bytes. */
  record PublishedPart(PartName name, String mediaType, Digest digest, long size) {}
}
