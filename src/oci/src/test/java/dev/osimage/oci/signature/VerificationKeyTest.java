package dev.osimage.oci.signature;

import static dev.osimage.oci.signature.Vectors.bytes;
import static dev.osimage.oci.signature.Vectors.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerificationKeyTest {

  private static final byte[] MESSAGE = utf8("message");

  @Test
  void theIdIsTheHintOfCosignsBundles() {
    assertThat(Vectors.publicKey("v3").id())
        .isEqualTo("Fe7ReFKeAmc9Q6ZMJ6RWhhLCWSSlQU3YEZfDbxSS6uA=");
  }

  @ParameterizedTest
  @CsvSource({
    "EC, 256, SHA256withECDSA",
    "EC, 384, SHA384withECDSA",
    "EC, 384, SHA256withECDSA",
    "EC, 521, SHA512withECDSA",
    "EC, 521, SHA256withECDSA",
    "RSA, 2048, SHA256withRSA"
  })
  void theKindsThatCosignVerifiesAreAccepted(String kind, int size, String algorithm)
      throws GeneralSecurityException {
    var pair = pair(kind, size);
    var signer = Signature.getInstance(algorithm);
    signer.initSign(pair.getPrivate());
    signer.update(MESSAGE);
    var signature = signer.sign();

    var key = VerificationKey.read(pem(pair));

    assertThat(key.verifies(MESSAGE, signature)).isTrue();
    assertThat(key.verifies(utf8("massage"), signature)).isFalse();
    assertThat(Vectors.publicKey("v2").verifies(MESSAGE, signature)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"RSA, 1024", "Ed25519, 255", "X25519, 255"})
  void otherKindsAreRefusedWithThoseThatAreAccepted(String kind, int size)
      throws GeneralSecurityException {
    var pem = pem(pair(kind, size));

    assertThatThrownBy(() -> VerificationKey.read(pem))
        .isInstanceOf(UnusableKeyException.class)
        .hasMessageStartingWith("the public key is ")
        .hasMessageContaining("P-256, P-384 or P-521, and RSA of 2048 to 8192 bits are accepted");
  }

  @Test
  void anotherHashIsNotAccepted() throws GeneralSecurityException {
    var pair = pair("RSA", 2048);
    var key = VerificationKey.read(pem(pair));
    for (var algorithm : List.of("MD5withRSA", "SHA1withRSA", "SHA512withRSA")) {
      var signer = Signature.getInstance(algorithm);
      signer.initSign(pair.getPrivate());
      signer.update(MESSAGE);

      assertThat(key.verifies(MESSAGE, signer.sign())).as(algorithm).isFalse();
    }
  }

  @Test
  void aPrivateKeyIsNoPublicKey() {
    assertThatThrownBy(() -> VerificationKey.read(bytes("v2/cosign.key")))
        .isInstanceOf(UnusableKeyException.class)
        .hasMessage(
            "the key file is a PEM block of 'ENCRYPTED SIGSTORE PRIVATE KEY';"
                + " 'PUBLIC KEY' is expected");
  }

  @Test
  void twoKeysInOneFileAreRefused() {
    var two = Vectors.text(bytes("v2/cosign.pub")) + Vectors.text(bytes("v3/cosign.pub"));

    assertThatThrownBy(() -> VerificationKey.read(utf8(two)))
        .isInstanceOf(UnusableKeyException.class)
        .hasMessageContaining("is not one PEM block");
  }

  private static KeyPair pair(String kind, int size) throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance(kind);
    generator.initialize(size);
    return generator.generateKeyPair();
  }

  private static byte[] pem(KeyPair pair) {
    return new Pem("PUBLIC KEY", pair.getPublic().getEncoded()).toBytes();
  }
}
