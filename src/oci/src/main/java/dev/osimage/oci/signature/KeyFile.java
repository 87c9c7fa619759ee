package dev.osimage.oci.signature;

import dev.osimage.oci.GoJson;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import org.bouncycastle.crypto.generators.SCrypt;

/**
 * cosign's encrypted private key: PEM around JSON around a {@link Secretbox}, whose key scrypt (RFC
 * 7914) makes of the password.
 */
final class KeyFile {

  static final String LABEL = "ENCRYPTED SIGSTORE PRIVATE KEY";

  /** What cosign before 2.0 wrote. */
  static final String OLD_LABEL = "ENCRYPTED COSIGN PRIVATE KEY";

  private static final int SALT_BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private KeyFile() {}

  /** What scrypt costs: {@code 128 * n * r} bytes of memory, {@code p} times. */
  record Cost(int n, int r, int p) {

    /** What cosign writes, and the only cost but 32768 of older files that it reads: 64 MiB. */
    static final Cost OF_COSIGN = new Cost(65536, 8, 1);

    /** The memory of {@link #OF_COSIGN}; a file does not get more. */
    static final long MAX_MEMORY = 64L << 20;

    /** A file gets no more time than this many times that of {@link #OF_COSIGN}. */
    static final int MAX_P = 4;

    Cost {
      // With r = 1 there is no more than 16 bits of N (RFC 7914, section 2).
      boolean fits =
          n > 1
              && Integer.bitCount(n) == 1
              && r > 0
              && (r > 1 || n < 65536)
              && r <= MAX_MEMORY / 128 / n;
      if (!fits || p < 1 || p > MAX_P) {
        throw new IllegalArgumentException(
            "'kdf.params' are out of bounds: N must be a power of two, 128*N*r at most 64 MiB, and"
                + " p from 1 to 4");
      }
    }
  }

  /** The file for a private key in PKCS#8. */
  static byte[] seal(byte[] pkcs8, byte[] password, Cost cost) {
    var salt = random(SALT_BYTES);
    var nonce = random(Secretbox.NONCE_BYTES);
    var key = SCrypt.generate(password, salt, cost.n(), cost.r(), cost.p(), Secretbox.KEY_BYTES);
    var box = Secretbox.seal(pkcs8, key, nonce);
    Arrays.fill(key, (byte) 0);

    var params = new LinkedHashMap<String, Object>();
    params.put("N", cost.n());
    params.put("r", cost.r());
    params.put("p", cost.p());
    var kdf = new LinkedHashMap<String, Object>();
    kdf.put("name", "scrypt");
    kdf.put("params", params);
    kdf.put("salt", Base64Text.encode(salt));
    var cipher = new LinkedHashMap<String, Object>();
    cipher.put("name", "nacl/secretbox");
    cipher.put("nonce", Base64Text.encode(nonce));
    var json = new LinkedHashMap<String, Object>();
    json.put("kdf", kdf);
    json.put("cipher", cipher);
    json.put("ciphertext", Base64Text.encode(box));
    return new Pem(LABEL, GoJson.write(json)).toBytes();
  }

  /** The private key in PKCS#8, which the caller wipes. */
  static byte[] open(byte[] file, byte[] password) {
    var pem = Pem.parse(file);
    if (!pem.label().equals(LABEL) && !pem.label().equals(OLD_LABEL)) {
      throw new UnusableKeyException(
          "the key file is a PEM block of '%s'; '%s' is expected, as 'cosign generate-key-pair' and"
                  .formatted(pem.label(), LABEL)
              + " 'cosign import-key-pair' write it");
    }
    try {
      return open(StrictJson.parse(pem.content()), password);
    } catch (IllegalArgumentException e) {
      throw new UnusableKeyException("the key file is malformed: " + e.getMessage());
    }
  }

  private static byte[] open(StrictJson json, byte[] password) {
    var kdf = json.object("kdf");
    kdf.expect("name", "scrypt");
    var params = kdf.object("params");
    var cost = new Cost(params.number("N"), params.number("r"), params.number("p"));
    var salt = kdf.base64("salt");
    var cipher = json.object("cipher");
    cipher.expect("name", "nacl/secretbox");
    var nonce = cipher.base64("nonce");
    if (nonce.length != Secretbox.NONCE_BYTES) {
      throw new IllegalArgumentException("'cipher.nonce' does not have 24 bytes");
    }
    var box = json.base64("ciphertext");
    var key = SCrypt.generate(password, salt, cost.n(), cost.r(), cost.p(), Secretbox.KEY_BYTES);
    var plain = Secretbox.open(box, key, nonce);
    Arrays.fill(key, (byte) 0);
    if (plain == null) {
      throw new UnusableKeyException(
          "the key file does not open: the password is wrong, or the file was changed");
    }
    return plain;
  }

  private static byte[] random(int length) {
    var bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }
}
