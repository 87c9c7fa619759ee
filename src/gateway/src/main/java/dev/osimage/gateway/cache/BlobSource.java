package dev.osimage.gateway.cache;

import dev.osimage.oci.Descriptor;
import java.io.IOException;
import java.io.InputStream;

/** Where a blob is fetched from when the cache does not have it. */
@FunctionalInterface
public interface BlobSource {

  /**
   * The content of a blob. The stream fails at its end when the content has another digest or size
   * than the descriptor says. What an exception says is shown to those who asked for the blob.
   */
  InputStream open(Descriptor blob) throws IOException;
}
