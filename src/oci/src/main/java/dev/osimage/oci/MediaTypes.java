package dev.osimage.oci;

/** Media types of the OCI image-spec. */
public final class MediaTypes {

  /** An image manifest. */
  public static final String IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

  private MediaTypes() {}
}
