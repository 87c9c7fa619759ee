package dev.osimage.oci;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * A place that manifests and blobs are read from: a repository of a registry, or an image layout.
 * Safe for use by several threads.
 */
public interface ContentReader {

  /**
   * The manifest with this digest or tag, empty when there is none. Its bytes have the digest that
   * was asked for, and at most {@link Manifest#MAX_BYTES}.
   */
  Optional<Manifest> manifest(String reference) throws IOException;

  /**
   * The bytes of a blob. The stream throws at its end, and not later, when they are not exactly
   * those that the descriptor promises.
   */
  InputStream blob(Descriptor blob) throws IOException;

  /** The hosts that blobs are read from; see {@link Content#hosts}. */
  default List<String> hosts() {
    return List.of();
  }

  /** Manifests whose {@code subject} is this one, each with its artifact type and annotations. */
  List<Descriptor> referrers(Digest subject) throws IOException;
}
