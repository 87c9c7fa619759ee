package dev.osimage.oci.signature;

import java.security.MessageDigest;
import java.util.Arrays;
import org.bouncycastle.crypto.engines.XSalsa20Engine;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.jspecify.annotations.Nullable;

/** NaCl's {@code crypto_secretbox}: XSalsa20 and Poly1305, the tag of 16 bytes first. */
final class Secretbox {

  static final int KEY_BYTES = 32;
  static final int NONCE_BYTES = 24;
  private static final int TAG_BYTES = 16;

  private Secretbox() {}

  static byte[] seal(byte[] plain, byte[] key, byte[] nonce) {
    var cipher = cipher(key, nonce);
    var authenticator = authenticator(cipher);
    var box = new byte[TAG_BYTES + plain.length];
    cipher.processBytes(plain, 0, plain.length, box, TAG_BYTES);
    authenticator.update(box, TAG_BYTES, plain.length);
    authenticator.doFinal(box, 0);
    return box;
  }

  /** The plain bytes, or null when key, nonce and box do not belong together. */
  static byte @Nullable [] open(byte[] box, byte[] key, byte[] nonce) {
    if (box.length < TAG_BYTES) {
      return null;
    }
    var cipher = cipher(key, nonce);
    var authenticator = authenticator(cipher);
    authenticator.update(box, TAG_BYTES, box.length - TAG_BYTES);
    var tag = new byte[TAG_BYTES];
    authenticator.doFinal(tag, 0);
    if (!MessageDigest.isEqual(tag, Arrays.copyOf(box, TAG_BYTES))) {
      return null;
    }
    var plain = new byte[box.length - TAG_BYTES];
    cipher.processBytes(box, TAG_BYTES, plain.length, plain, 0);
    return plain;
  }

  private static XSalsa20Engine cipher(byte[] key, byte[] nonce) {
    var cipher = new XSalsa20Engine();
    cipher.init(true, new ParametersWithIV(new KeyParameter(key), nonce));
    return cipher;
  }

  /** Its key is the beginning of the key stream. */
  private static Poly1305 authenticator(XSalsa20Engine cipher) {
    var start = new byte[KEY_BYTES];
    cipher.processBytes(start, 0, start.length, start, 0);
    var authenticator = new Poly1305();
    authenticator.init(new KeyParameter(start));
    Arrays.fill(start, (byte) 0);
    return authenticator;
  }
}
