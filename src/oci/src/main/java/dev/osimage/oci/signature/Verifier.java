package dev.osimage.oci.signature;

import dev.osimage.oci.ContentReader;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Repository;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks whether one of certain keys has signed a manifest, by its signature tag or by a bundle. An
 * attestation is no signature, whoever made it; signatures by others, and what is malformed, do not
 * disturb. Transparency logs, timestamps and certificates are not looked at.
 */
public final class Verifier {

  /** So many signatures of the tag are looked at, and so many referrers. */
  public static final int MAX_SIGNATURES = 100;

  /** What a signature of the tag may be over: 64 KiB. */
  public static final int MAX_PAYLOAD_BYTES = 64 * 1024;

  /** A bundle of a signature has about 1 KiB, and at most 1 MiB here. */
  public static final int MAX_BUNDLE_BYTES = 1024 * 1024;

  private final List<VerificationKey> keys;
  private final @Nullable Repository required;

  /** Accepts the signatures of any of these keys, of which there must be one. */
  public Verifier(List<VerificationKey> keys) {
    this(keys, null);
  }

  private Verifier(List<VerificationKey> keys, @Nullable Repository required) {
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("a signature can't be verified without a key");
    }
    this.keys = List.copyOf(keys);
    this.required = required;
  }

  /**
   * Accepts only signatures that name this repository, as it is written here, as their {@code
   * docker-reference}. Bundles name none, so only the signature tag counts.
   */
  public Verifier requiring(Repository repository) {
    return new Verifier(keys, repository);
  }

  /**
   * All signatures of the manifest that hold, at least one; throws {@link VerificationException}
   * when there is none.
   */
  public List<VerifiedSignature> verify(ContentReader content, Digest manifest) {
    var search = new Search(content, manifest, keys);
    SignatureTag.check(search, required);
    if (required == null) {
      SignatureBundles.check(search);
    } else {
      search.refuse("bundles", "do not count: they have no docker-reference, which is required");
    }
    if (search.holding().isEmpty()) {
      var ids = String.join(", ", keys.stream().map(VerificationKey::id).toList());
      throw new VerificationException(
          "no signature of %s by the key %s holds".formatted(manifest, ids),
          search.reasons(),
          search.unread());
    }
    return search.holding();
  }
}
