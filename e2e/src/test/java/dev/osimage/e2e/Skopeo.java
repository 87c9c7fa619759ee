package dev.osimage.e2e;

import dev.osimage.oci.Digest;
import java.nio.charset.StandardCharsets;

/** skopeo, which knows nothing of us: what a registry holds in the eyes of a stranger. */
final class Skopeo {

  private Skopeo() {}

  /** A manifest as the registry serves it. */
  static String manifest(String reference) {
    return Command.of("skopeo", "inspect", "--tls-verify=false", "--raw", "docker://" + reference)
        .run();
  }

  /** The digest of these bytes. */
  static String digest(String reference) {
    return Digest.of(manifest(reference).getBytes(StandardCharsets.UTF_8)).toString();
  }
}
