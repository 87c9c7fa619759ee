package dev.osimage.image;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.oci.Digest;
import dev.osimage.oci.content.Compression;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What became of a source, found out by the attempt that pushed it: with it the next attempt finds
 * the part in the registry, and need not read the source again.
 *
 * @param source digest of the bytes at the source
 * @param path the file in the archive that the source is, or null for the whole source
 * @param compression what was undone after that
 * @param digest digest of the part
 * @param size bytes of the part
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FinishedPart(
    Digest source, @Nullable String path, Compression compression, Digest digest, long size) {

  public FinishedPart {
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(compression, "compression");
    Objects.requireNonNull(digest, "digest");
  }

  boolean isMadeLike(PlannedPart part, @Nullable Digest sourceOfPart) {
    return source.equals(sourceOfPart)
        && Objects.equals(path, part.path())
        && compression == part.compression();
  }
}
