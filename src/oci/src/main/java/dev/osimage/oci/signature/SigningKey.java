package dev.osimage.oci.signature;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/**
 * A private key as {@code cosign generate-key-pair} makes it: ECDSA on P-256 with SHA-256. Its text
 * form shows the public half only. Safe for use by several threads.
 */
public final class SigningKey {

  private final ECPrivateKey key;
  private final VerificationKey publicKey;

  private SigningKey(ECPrivateKey key) throws GeneralSecurityException {
    this.key = key;
    this.publicKey = publicHalf(key);
  }

  /** A new key. */
  public static SigningKey generate() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      return new SigningKey((ECPrivateKey) generator.generateKeyPair().getPrivate());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has P-256", e);
    }
  }

  /**
   * Reads {@code cosign.key}, today's and that of cosign 1. The password is bytes as in {@code
   * COSIGN_PASSWORD}, may be empty, and is the caller's to wipe. A file that asks for more than 64
   * MiB of memory or four times cosign's time is refused. Throws {@link UnusableKeyException}.
   */
  public static SigningKey read(byte[] file, byte[] password) {
    var pkcs8 = KeyFile.open(file, password);
    try {
      var key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      return new SigningKey((ECPrivateKey) key);
    } catch (GeneralSecurityException e) {
      throw new UnusableKeyException("the private key is not ECDSA on P-256, which signing needs");
    } finally {
      Arrays.fill(pkcs8, (byte) 0);
    }
  }

  /** The content of {@code cosign.key}, closed with a password, which may be empty. */
  public byte[] toPem(byte[] password) {
    var pkcs8 = key.getEncoded();
    try {
      return KeyFile.seal(pkcs8, password, KeyFile.Cost.OF_COSIGN);
    } finally {
      Arrays.fill(pkcs8, (byte) 0);
    }
  }

  /** The public half. */
  public VerificationKey publicKey() {
    return publicKey;
  }

  /** A signature over the message, in DER; no two are the same. */
  public byte[] sign(byte[] message) {
    try {
      var signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(key);
      signature.update(message);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a key on P-256 signs", e);
    }
  }

  /** Computed, as the file may name another public key than its own, or none. */
  private static VerificationKey publicHalf(ECPrivateKey key) throws GeneralSecurityException {
    var secret = key.getS();
    if (!Curve.P256.equals(Curve.of(key.getParams()))
        || secret.signum() <= 0
        || secret.compareTo(key.getParams().getOrder()) >= 0) {
      throw new UnusableKeyException("the private key is not ECDSA on P-256, which signing needs");
    }
    var generator = CustomNamedCurves.getByName("P-256").getG();
    var point = new FixedPointCombMultiplier().multiply(generator, secret).normalize();
    var spec =
        new ECPublicKeySpec(
            new ECPoint(
                point.getAffineXCoord().toBigInteger(), point.getAffineYCoord().toBigInteger()),
            Curve.P256.parameters());
    return new VerificationKey(KeyFactory.getInstance("EC").generatePublic(spec));
  }

  @Override
  public String toString() {
    return "SigningKey[" + publicKey.id() + "]";
  }
}
