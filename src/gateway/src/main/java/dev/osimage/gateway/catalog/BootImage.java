package dev.osimage.gateway.catalog;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.osimage.api.BootFile;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Part;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Repository;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One artifact that the status of an OsImage names.
 *
 * @param namespace of the OsImage
 * @param name of the OsImage
 * @param manifest digest of the artifact's manifest
 * @param repository where it was published
 * @param plainHttp whether that registry is spoken to without TLS
 * @param commandLine kernel command line
 * @param parts what it consists of
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record BootImage(
    String namespace,
    String name,
    String manifest,
    Repository repository,
    boolean plainHttp,
    @Nullable String commandLine,
    List<Part> parts) {

  private static final Logger LOG = LoggerFactory.getLogger(BootImage.class);

  /** What an OsImage has published, the newest first; what can't be understood is left out. */
  static List<BootImage> of(OsImage image) {
    var status = image.getStatus();
    if (status == null || status.artifact() == null) {
      return List.of();
    }
    var images = new ArrayList<BootImage>();
    add(images, image, status.artifact().reference(), commandLine(status), parts(status));
    for (var earlier : status.effectiveHistory()) {
      add(images, image, earlier.artifact().reference(), earlier.commandLine(), earlier.parts());
    }
    return List.copyOf(images);
  }

  private static @Nullable String commandLine(OsImageStatus status) {
    return status.boot() == null ? null : status.boot().commandLine();
  }

  private static List<Part> parts(OsImageStatus status) {
    return Objects.requireNonNullElse(status.parts(), List.of());
  }

  private static void add(
      List<BootImage> images,
      OsImage image,
      String reference,
      @Nullable String commandLine,
      @Nullable List<Part> known) {
    var parts = Objects.requireNonNullElse(known, List.<Part>of());
    try {
      int at = reference.indexOf('@');
      images.add(
          new BootImage(
              image.getMetadata().getNamespace(),
              image.getMetadata().getName(),
              Digest.parse(reference.substring(at + 1)).toString(),
              Repository.parse(reference.substring(0, Math.max(0, at))),
              parts.stream().anyMatch(part -> part.url().startsWith("http://")),
              commandLine,
              List.copyOf(parts)));
    } catch (IllegalArgumentException e) {
      LOG.warn("a status names '{}', which is no artifact: {}", reference, e.getMessage());
    }
  }

  /** The part that a file of the gateway is; empty when the artifact has none. */
  public Optional<Descriptor> part(BootFile file) {
    return file.part()
        .flatMap(name -> parts.stream().filter(part -> part.name().equals(name)).findFirst())
        .map(BootImage::descriptor);
  }

  /** The part with this digest; empty when the artifact has none. */
  public Optional<Descriptor> part(Digest digest) {
    return parts.stream()
        .filter(part -> part.digest().equals(digest.toString()))
        .findFirst()
        .map(BootImage::descriptor);
  }

  private static Descriptor descriptor(Part part) {
    return new Descriptor(part.mediaType(), Digest.parse(part.digest()), part.size());
  }
}
