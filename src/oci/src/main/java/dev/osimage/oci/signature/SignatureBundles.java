package dev.osimage.oci.signature;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The referrers of a manifest that are bundles: signatures of cosign 3, and attestations. */
final class SignatureBundles {

  private SignatureBundles() {}

  /** The manifest by which a bundle refers to its subject, as cosign 3 annotates it. */
  static Manifest referrer(
      Descriptor subject, Descriptor bundle, String predicateType, Instant created) {
    var annotations =
        Map.of(
            "dev.sigstore.bundle.content",
            "dsse-envelope",
            "dev.sigstore.bundle.predicateType",
            predicateType,
            "org.opencontainers.image.created",
            created.truncatedTo(ChronoUnit.SECONDS).toString());
    return Manifest.of(
        ImageManifest.referrer(Bundle.MEDIA_TYPE, List.of(bundle), subject, annotations));
  }

  /**
   * Looks at {@link Verifier#MAX_SIGNATURES} referrers. What type the list says they have only
   * decides which come first: lists that cosign wrote say nothing.
   */
  static void check(Search search) {
    search.referrers().stream()
        .sorted(Comparator.comparing(entry -> !Bundle.MEDIA_TYPE.equals(entry.artifactType())))
        .limit(Verifier.MAX_SIGNATURES)
        .forEach(entry -> check(search, entry.digest()));
  }

  private static void check(Search search, Digest referrer) {
    var what = "referrer " + referrer;
    search
        .manifest(what, referrer.toString())
        .ifPresent(manifest -> {
          try {
            var bundle = bundle(search.subject(), manifest);
            search
                .blob(what, bundle, Verifier.MAX_BUNDLE_BYTES)
                .ifPresent(bytes -> search.judge(what, () -> verified(search, referrer, bytes)));
          } catch (IllegalArgumentException e) {
            search.refuse(what, "does not count: " + e.getMessage());
          }
        });
  }

  /** The one layer of a referrer that is a bundle. */
  private static Descriptor bundle(Digest subject, Manifest manifest) {
    if (manifest.isIndex()) {
      throw new IllegalArgumentException("it is an index");
    }
    var referrer = ImageManifest.parse(manifest.bytes());
    if (!referrer.effectiveArtifactType().equals(Bundle.MEDIA_TYPE)) {
      throw new IllegalArgumentException("it is no bundle of the type " + Bundle.MEDIA_TYPE);
    }
    if (referrer.subject() == null || !referrer.subject().digest().equals(subject)) {
      throw new IllegalArgumentException("its subject is another");
    }
    if (referrer.layers().size() != 1
        || !referrer.layers().getFirst().mediaType().equals(Bundle.MEDIA_TYPE)) {
      throw new IllegalArgumentException("it does not have exactly one layer, a bundle");
    }
    return referrer.layers().getFirst();
  }

  private static VerifiedSignature verified(Search search, Digest referrer, byte[] bytes) {
    var bundle = Bundle.parse(bytes);
    var signer = search.signer(bundle::isSignedBy);
    var statement = Statement.parse(bundle.statement());
    statement.requireSignatureOf(search.subject());
    return new VerifiedSignature(
        VerifiedSignature.Kind.BUNDLE,
        signer,
        referrer,
        null,
        statement.annotations(search.subject()));
  }
}
