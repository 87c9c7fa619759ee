package dev.osimage.oci;

import java.util.Set;

/**
 * A manifest or index as it is stored: its media type and its exact bytes, of which the digest is
 * made. What it says is read by {@link ImageManifest#parse} and {@link ImageIndex#parse}.
 */
public final class Manifest {

  /** No registry takes more, and no reader of ours does: 8 MiB. */
  public static final int MAX_BYTES = 8 * 1024 * 1024;

  private static final Set<String> INDEXES =
      Set.of(MediaTypes.IMAGE_INDEX, MediaTypes.DOCKER_MANIFEST_LIST);

  private final String mediaType;
  private final byte[] bytes;
  private final Digest digest;

  /** A manifest of these bytes; the array must not be changed any more. */
  public Manifest(String mediaType, byte[] bytes) {
    this.mediaType = mediaType;
    this.bytes = bytes;
    this.digest = Digest.of(bytes);
  }

  /** An image manifest, ready to be stored. */
  public static Manifest of(ImageManifest manifest) {
    return new Manifest(MediaTypes.IMAGE_MANIFEST, manifest.toBytes());
  }

  /** An index, ready to be stored. */
  public static Manifest of(ImageIndex index) {
    return new Manifest(MediaTypes.IMAGE_INDEX, index.toBytes());
  }

  /** The media type, as Content-Type header or descriptor name it. */
  public String mediaType() {
    return mediaType;
  }

  /** The exact bytes; the array must not be changed. */
  public byte[] bytes() {
    return bytes;
  }

  /** The digest of the bytes. */
  public Digest digest() {
    return digest;
  }

  /** The descriptor by which an index, a subject or a layout refers to it. */
  public Descriptor descriptor() {
    return new Descriptor(mediaType, digest, bytes.length);
  }

  /** Whether it is an index, by its media type. */
  public boolean isIndex() {
    return INDEXES.contains(mediaType);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Manifest manifest
        && mediaType.equals(manifest.mediaType)
        && digest.equals(manifest.digest);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return mediaType + " " + digest;
  }
}
