package dev.osimage.oci.signature;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.GoJson;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.Repository;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The manifest under the tag {@code sha256-<hex>.sig}: each layer is a signature of cosign 2. */
final class SignatureTag {

  static final String LAYER = "application/vnd.dev.cosign.simplesigning.v1+json";
  static final String SIGNATURE = "dev.cosignproject.cosign/signature";

  private SignatureTag() {}

  static String of(Digest subject) {
    return "sha256-" + subject.hex() + ".sig";
  }

  /** What is under the tag; throws {@link IllegalArgumentException} for what is no image. */
  static ImageManifest image(Manifest manifest) {
    if (manifest.isIndex()) {
      throw new IllegalArgumentException("it is an index");
    }
    return ImageManifest.parse(manifest.bytes());
  }

  /** The layer for a payload and the signature over it. */
  static Descriptor layer(byte[] payload, byte[] signature) {
    return Descriptor.of(LAYER, payload).annotated(Map.of(SIGNATURE, Base64Text.encode(signature)));
  }

  /** The config that cosign gives a manifest with these layers, each of which is its own diff. */
  static byte[] config(List<Descriptor> layers) {
    var never = Map.of("created", "0001-01-01T00:00:00Z");
    var rootfs = new LinkedHashMap<String, Object>();
    rootfs.put("type", "layers");
    rootfs.put("diff_ids", layers.stream().map(layer -> layer.digest().toString()).toList());
    var config = new LinkedHashMap<String, Object>();
    config.put("architecture", "");
    config.put("config", Map.of());
    config.putAll(never);
    config.put("history", Collections.nCopies(layers.size(), never));
    config.put("os", "");
    config.put("rootfs", rootfs);
    return GoJson.write(config);
  }

  /** Whether a layer is a signature over this payload by this key. */
  static boolean isSigned(Descriptor layer, byte[] payload, VerificationKey key) {
    try {
      return layer.digest().equals(Digest.of(payload)) && key.verifies(payload, signature(layer));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Looks at the first {@link Verifier#MAX_SIGNATURES} layers. */
  static void check(Search search, @Nullable Repository required) {
    var name = "tag " + of(search.subject());
    search
        .manifest(name, of(search.subject()))
        .ifPresent(manifest -> {
          try {
            var layers = image(manifest).layers();
            for (int i = 0; i < Math.min(layers.size(), Verifier.MAX_SIGNATURES); i++) {
              var what = "signature %d of %s".formatted(i + 1, name);
              check(search, what, manifest.digest(), layers.get(i), required);
            }
          } catch (IllegalArgumentException e) {
            search.refuse(name, "does not count: " + e.getMessage());
          }
        });
  }

  private static void check(
      Search search,
      String what,
      Digest manifest,
      Descriptor layer,
      @Nullable Repository required) {
    if (!layer.mediaType().equals(LAYER)) {
      search.refuse(what, "does not count: its media type is another");
      return;
    }
    search
        .blob(what, layer, Verifier.MAX_PAYLOAD_BYTES)
        .ifPresent(payload ->
            search.judge(what, () -> verified(search, manifest, layer, payload, required)));
  }

  private static VerifiedSignature verified(
      Search search,
      Digest manifest,
      Descriptor layer,
      byte[] payload,
      @Nullable Repository required) {
    var signature = signature(layer);
    var signer = search.signer(key -> key.verifies(payload, signature));
    var claims = SimpleSigning.parse(payload);
    claims.require(search.subject(), required);
    return new VerifiedSignature(
        VerifiedSignature.Kind.SIGNATURE_TAG,
        signer,
        manifest,
        claims.dockerReference(),
        claims.optional());
  }

  private static byte[] signature(Descriptor layer) {
    var signature = layer.annotations().get(SIGNATURE);
    if (signature == null) {
      throw new IllegalArgumentException("the annotation '" + SIGNATURE + "' is missing");
    }
    return Base64Text.decode("the annotation '" + SIGNATURE + "'", signature);
  }
}
