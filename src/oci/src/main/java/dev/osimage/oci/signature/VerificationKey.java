package dev.osimage.oci.signature;

import dev.osimage.oci.Digest;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.List;

/**
 * A public key: ECDSA on P-256 (what cosign makes), P-384 or P-521, or RSA (PKCS#1 v1.5) of 2048 to
 * 8192 bits. Ed25519 is not accepted: cosign makes such signatures, but does not verify them. Two
 * are equal when they are the same key.
 */
public final class VerificationKey {

  private static final String LABEL = "PUBLIC KEY";
  private static final List<String> KINDS = List.of("EC", "RSA");
  private static final String ACCEPTED =
      "ECDSA on P-256, P-384 or P-521, and RSA of 2048 to 8192 bits are accepted";

  private final PublicKey key;
  private final List<String> algorithms;

  VerificationKey(PublicKey key) {
    this.key = key;
    this.algorithms = algorithms(key);
  }

  /**
   * Reads {@code cosign.pub}: PEM of {@code PUBLIC KEY}; throws {@link UnusableKeyException} for
   * anything else.
   */
  public static VerificationKey read(byte[] file) {
    var pem = Pem.parse(file);
    if (!pem.label().equals(LABEL)) {
      throw new UnusableKeyException(
          "the key file is a PEM block of '%s'; '%s' is expected".formatted(pem.label(), LABEL));
    }
    var spec = new X509EncodedKeySpec(pem.content());
    for (var kind : KINDS) {
      try {
        return new VerificationKey(KeyFactory.getInstance(kind).generatePublic(spec));
      } catch (GeneralSecurityException e) {
        // A key of another kind.
      }
    }
    throw new UnusableKeyException("the public key is malformed or of another kind: " + ACCEPTED);
  }

  /** The same key as PEM, the content of {@code cosign.pub}. */
  public byte[] toPem() {
    return new Pem(LABEL, key.getEncoded()).toBytes();
  }

  /** Base64 of the SHA-256 of the key in DER, which cosign writes into bundles as their hint. */
  public String id() {
    return Base64Text.encode(Digest.sha256().digest(key.getEncoded()));
  }

  /** Whether the private half of this key made the signature over this message. */
  public boolean verifies(byte[] message, byte[] signature) {
    return algorithms.stream().anyMatch(algorithm -> verifies(algorithm, message, signature));
  }

  private boolean verifies(String algorithm, byte[] message, byte[] signature) {
    try {
      var verification = Signature.getInstance(algorithm);
      verification.initVerify(key);
      verification.update(message);
      return verification.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** cosign 2 hashes with SHA-256 always, cosign 3 with what belongs to the curve. */
  private static List<String> algorithms(PublicKey key) {
    return switch (key) {
      case ECPublicKey ec -> {
        var curve = Curve.of(ec.getParams());
        if (curve == null) {
          throw new UnusableKeyException("the public key is on another curve: " + ACCEPTED);
        }
        yield curve.algorithms();
      }
      case RSAPublicKey rsa -> {
        int bits = rsa.getModulus().bitLength();
        if (bits < 2048 || bits > 8192) {
          throw new UnusableKeyException(
              "the public key is RSA of %d bits: %s".formatted(bits, ACCEPTED));
        }
        yield List.of("SHA256withRSA");
      }
      default -> throw new UnusableKeyException("the public key is of another kind: " + ACCEPTED);
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VerificationKey that
        && Arrays.equals(key.getEncoded(), that.key.getEncoded());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(key.getEncoded());
  }

  @Override
  public String toString() {
    return "VerificationKey[" + id() + "]";
  }
}
