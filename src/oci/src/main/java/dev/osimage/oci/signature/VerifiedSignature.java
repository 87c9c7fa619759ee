package dev.osimage.oci.signature;

import dev.osimage.oci.Digest;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A signature that holds: {@code keyId} is the {@link VerificationKey#id} of the key that made it,
 * {@code manifest} the digest of the manifest that bears it. What was signed along with the digest
 * are the {@code dockerReference}, which bundles don't have, and the {@code annotations}.
 */
public record VerifiedSignature(
    Kind kind,
    String keyId,
    Digest manifest,
    @Nullable String dockerReference,
    Map<String, String> annotations) {

  /** Where a signature is found. */
  public enum Kind {
    /** A layer of the manifest tagged {@code sha256-<hex>.sig}, as cosign 2 writes it. */
    SIGNATURE_TAG,
    /** A Sigstore bundle that refers to the manifest, as cosign 3 writes it. */
    BUNDLE
  }

  public VerifiedSignature {
    annotations = Map.copyOf(annotations);
  }
}
