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

  /** Writes a manifest under its digest. */
  void writeManifest(Manifest manifest) throws IOException;

  /** Lets a tag name a manifest that has been written, moving the tag when it exists. */
  void tag(Manifest manifest, String tag) throws IOException;
}
