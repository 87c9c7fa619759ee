package dev.osimage.oci;

import java.io.IOException;

/**
 * A place that manifests and blobs are written to: a repository of a registry, or an image layout.
 * What a manifest refers to is written before it. Safe for use by several threads.
 */
public interface ContentWriter {

  /** Whether the blob is there already, so that it need not be written. */
  boolean hasBlob(Descriptor blob) throws IOException;

  /** Writes a blob; nothing is kept when the content is not what the descriptor promises. */
  void writeBlob(Descriptor blob, Content content) throws IOException;

  /**
   * Takes a blob from another repository of the same registry without a transfer; false when that
   * is not possible, and the blob has to be written.
   */
  default boolean mountBlob(Descriptor blob, ContentReader from) throws IOException {
    return false;
  }

  /** Writes a manifest under its digest. */
  void writeManifest(Manifest manifest) throws IOException;

  /**
   * Writes a manifest that an index or a tag will name which is written next: a place that lists
   * its manifests need not list this one.
   */
  default void writeUnlisted(Manifest manifest) throws IOException {
    writeManifest(manifest);
  }

  /** Lets a tag name a manifest that has been written, moving the tag when it exists. */
  void tag(Manifest manifest, String tag) throws IOException;
}
