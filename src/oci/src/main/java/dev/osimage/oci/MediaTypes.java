package dev.osimage.oci;

import java.util.List;

/** Media types of the OCI image-spec, and the older ones of Docker for the same things. */
public final class MediaTypes {

  /** An image manifest. */
  public static final String IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

  /** An index of manifests. */
  public static final String IMAGE_INDEX = "application/vnd.oci.image.index.v1+json";

  /** The config of a container image. */
  public static final String IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json";

  /** The content {@code {}} (image-spec, "Guidance for an Empty Descriptor"). */
  public static final String EMPTY = "application/vnd.oci.empty.v1+json";

  /** Docker's image manifest, schema 2. */
  public static final String DOCKER_MANIFEST =
      "application/vnd.docker.distribution.manifest.v2+json";

  /** Docker's index. */
  public static final String DOCKER_MANIFEST_LIST =
      "application/vnd.docker.distribution.manifest.list.v2+json";

  /** Every kind of manifest that is understood here. */
  public static final List<String> MANIFESTS =
      List.of(IMAGE_MANIFEST, IMAGE_INDEX, DOCKER_MANIFEST, DOCKER_MANIFEST_LIST);

  /** The descriptor of {@code {}}. */
  public static final Descriptor EMPTY_DESCRIPTOR = Descriptor.of(EMPTY, new byte[] {'{', '}'});

  private MediaTypes() {}
}
