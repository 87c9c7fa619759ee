package dev.osimage.oci.signature;

import static dev.osimage.oci.signature.Vectors.bytes;
import static dev.osimage.oci.signature.Vectors.text;
import static dev.osimage.oci.signature.Vectors.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.osimage.oci.signature.KeyFile.Cost;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SigningKeyTest {

  private static final byte[] PASSWORD = utf8("pässword");
  private static final Cost CHEAP = new Cost(16, 1, 1);
  private static final byte[] PKCS8 =
      KeyFile.open(bytes("v2/cosign.key"), utf8("test-password-v2"));

  @ParameterizedTest
  @CsvSource({
    "v2/cosign.key, v2/cosign.pub, test-password-v2",
    "v2/before-2.0.key, v2/cosign.pub, test-password-v2",
    "v3/cosign.key, v3/cosign.pub, test-password-v3",
    "empty-password.key, empty-password.pub, ''"
  })
  void aKeyOfCosignIsReadAndItsPublicHalfIsTheSame(
      String file, String publicFile, String password) {
    var key = SigningKey.read(bytes(file), utf8(password));

    assertThat(key.publicKey().toPem()).isEqualTo(bytes(publicFile));
    var message = utf8("message");
    assertThat(VerificationKey.read(bytes(publicFile)).verifies(message, key.sign(message)))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "pässword"})
  void aGeneratedKeyIsReadAgain(String password) {
    var key = SigningKey.generate();

    var file = key.toPem(utf8(password));

    assertThat(SigningKey.read(file, utf8(password)).publicKey()).isEqualTo(key.publicKey());
    assertThat(text(file)).startsWith("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n");
    assertThat(json(file))
        .startsWith("{\"kdf\":{\"name\":\"scrypt\",\"params\":{\"N\":65536,\"r\":8,\"p\":1},");
    assertThat(SigningKey.generate().publicKey()).isNotEqualTo(key.publicKey());
  }

  @Test
  void aWrongPasswordIsSaidAndNotShown() {
    assertThatThrownBy(() -> SigningKey.read(cheapFile(), utf8("hunter2")))
        .isInstanceOf(UnusableKeyException.class)
        .hasMessage("the key file does not open: the password is wrong, or the file was changed")
        .hasNoCause();
  }

  @Test
  void theTextFormShowsThePublicHalfOnly() {
    var key = SigningKey.generate();

    assertThat(key).hasToString("SigningKey[" + key.publicKey().id() + "]");
  }

  @ParameterizedTest
  @CsvSource({
    "131072, 8, 1",
    "65536, 16, 1",
    "1048576, 1024, 1",
    "1073741824, 1073741824, 1",
    "65536, 1, 1",
    "65536, 8, 5",
    "65536, 8, 0",
    "65536, 0, 1",
    "65536, -8, 1",
    "1, 8, 1",
    "0, 8, 1",
    "-65536, 8, 1",
    "65535, 8, 1"
  })
  void aFileThatAsksForMoreMemoryOrTimeThanCosignDoesIsRefused(int n, int r, int p) {
    var params = "\"params\":{\"N\":%d,\"r\":%d,\"p\":%d}".formatted(n, r, p);

    assertRefused(json(cheapFile()).replaceFirst("\"params\":\\{.*?}", params), "out of bounds");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"scrypt\" | \"argon2\" | 'kdf.name' is not",
        "\"scrypt\" | 1 | 'kdf.name' is no text",
        "\"N\":16 | \"N\":32 | does not open",
        "\"N\":16 | \"N\":16.0 | 'kdf.params.N' is no whole number",
        "\"N\":16 | \"N\":\"16\" | 'kdf.params.N' is no whole number",
        "\"N\":16 | \"N\":16,\"N\":16 | not JSON",
        "\"N\":16 | \"n\":16 | 'kdf.params.N' is no whole number",
        "\"r\":1 | \"r\":2 | does not open",
        "\"p\":1 | \"p\":2 | does not open",
        "\"salt\":\" | \"salt\":\"AAAA | does not open",
        "\"nacl/secretbox\" | \"aes\" | 'cipher.name' is not",
        "\"nonce\":\" | \"nonce\":\"AAAA | 24 bytes",
        "\"nonce\":\" | \"nonce\":\"* | 'cipher.nonce' is not base64",
        "\"ciphertext\":\" | \"ciphertext\":\"AAAA | does not open",
        "\"ciphertext\" | \"other\" | 'ciphertext' is no text",
        "{\"kdf\" | [{\"kdf\" | not JSON"
      })
  void aChangedFieldIsRefused(String field, String changed, String reason) {
    var json = json(cheapFile());
    assertThat(json).contains(field);

    assertRefused(json.replace(field, changed), reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hunter2", "{}", "null", "[]", "{\"kdf\":{}}", "{} {}"})
  void whatIsNoKeyFileInsideIsRefusedWithoutQuotingIt(String json) {
    assertThatThrownBy(() -> SigningKey.read(file(json), PASSWORD))
        .isInstanceOf(UnusableKeyException.class)
        .hasNoCause()
        .message()
        .startsWith("the key file is malformed: ")
        .doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hunter2",
        "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nhunter2",
        "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
        """
        -----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
        hunter2
        -----END ENCRYPTED SIGSTORE PRIVATE KEY-----
        """,
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
      })
  void whatIsNoPemOfTheRightKindIsRefusedWithoutQuotingIt(String file) {
    assertThatThrownBy(() -> SigningKey.read(utf8(file), PASSWORD))
        .isInstanceOf(UnusableKeyException.class)
        .hasNoCause()
        .message()
        .doesNotContain("hunter2");
  }

  @Test
  void aHugeFileIsRefused() {
    assertThatThrownBy(() -> SigningKey.read(new byte[65 * 1024], PASSWORD))
        .isInstanceOf(UnusableKeyException.class)
        .hasMessage("the key file has more than 64 KiB");
  }

  @Test
  void lineEndsAndSpaceAroundTheFileDoNotMatter() {
    var file = " \n" + text(cheapFile()).replace("\n", "\r\n") + "\n\n";

    assertThat(SigningKey.read(utf8(file), PASSWORD)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({"EC, 384", "EC, 521", "RSA, 2048", "Ed25519, 255"})
  void aKeyOfAnotherKindDoesNotSign(String kind, int size) throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance(kind);
    generator.initialize(size);
    var pkcs8 = generator.generateKeyPair().getPrivate().getEncoded();

    assertThatThrownBy(() -> SigningKey.read(KeyFile.seal(pkcs8, PASSWORD, CHEAP), PASSWORD))
        .isInstanceOf(UnusableKeyException.class)
        .hasMessage("the private key is not ECDSA on P-256, which signing needs");
  }

  @Test
  void twoThousandMutationsNeverGiveAnotherKey() {
    var random = new Random(20260101);
    var file = cheapFile();
    var json = utf8(json(file));
    var key = SigningKey.read(file, PASSWORD).publicKey();
    for (int i = 0; i < 2000; i++) {
      boolean inside = i % 2 == 0;
      var mutated = Mutation.of(inside ? json : file, random);
      var read = inside ? new Pem(KeyFile.LABEL, mutated).toBytes() : mutated;

      var failure =
          catchThrowable(
              () -> assertThat(SigningKey.read(read, PASSWORD).publicKey()).isEqualTo(key));

      if (inside || failure != null) {
        assertThat(failure).as(text(mutated)).isInstanceOf(UnusableKeyException.class);
      }
    }
  }

  private static byte[] cheapFile() {
    return KeyFile.seal(PKCS8, PASSWORD, CHEAP);
  }

  private static byte[] file(String json) {
    return new Pem(KeyFile.LABEL, utf8(json)).toBytes();
  }

  private static String json(byte[] file) {
    return text(Pem.parse(file).content());
  }

  private static void assertRefused(String json, String reason) {
    assertThatThrownBy(() -> SigningKey.read(file(json), PASSWORD))
        .isInstanceOf(UnusableKeyException.class)
        .hasMessageContaining(reason);
  }
}
