package dev.osimage.oci.layout;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.ImageIndex;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.content.ContentException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a manifest refers to: other manifests, blobs, and what it says something about. Layers that
 * must not be distributed are left out: registries do not hold them (image-spec, layer.md).
 */
record Parsed(
    List<Descriptor> manifests,
    List<Descriptor> blobs,
    @Nullable Descriptor subject,
    @Nullable String artifactType,
    Map<String, String> annotations) {

  private static final String NOT_DISTRIBUTABLE =
      "application/vnd.oci.image.layer.nondistributable.v1.tar";
  private static final String FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar";

  /** Whether a manifest of this type can be read. */
  static boolean isKnown(String mediaType) {
    return MediaTypes.MANIFESTS.contains(mediaType);
  }

  /** Reads one; throws {@link ContentException} when its type is not known, or it is not of it. */
  static Parsed of(Manifest manifest) throws ContentException {
    if (!isKnown(manifest.mediaType())) {
      throw new ContentException(
          "the manifest %s has the media type '%.100s', and it is not known what belongs to it"
              .formatted(manifest.digest(), manifest.mediaType()));
    }
    try {
      return manifest.isIndex()
          ? of(ImageIndex.parse(manifest.bytes()))
          : of(ImageManifest.parse(manifest.bytes()));
    } catch (IllegalArgumentException e) {
      throw new ContentException(
          "the manifest %s can't be read: %s".formatted(manifest.digest(), e.getMessage()), e);
    }
  }

  private static Parsed of(ImageIndex index) {
    return new Parsed(
        index.manifests(), List.of(), index.subject(), index.artifactType(), index.annotations());
  }

  private static Parsed of(ImageManifest manifest) {
    var blobs = new ArrayList<Descriptor>();
    blobs.add(manifest.config());
    manifest.layers().stream().filter(Parsed::isDistributable).forEach(blobs::add);
    return new Parsed(
        List.of(),
        List.copyOf(blobs),
        manifest.subject(),
        manifest.effectiveArtifactType(),
        manifest.annotations());
  }

  private static boolean isDistributable(Descriptor layer) {
    return !layer.mediaType().startsWith(NOT_DISTRIBUTABLE)
        && !layer.mediaType().startsWith(FOREIGN);
  }
}
