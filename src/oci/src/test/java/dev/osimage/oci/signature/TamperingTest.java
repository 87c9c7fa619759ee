package dev.osimage.oci.signature;

import static dev.osimage.oci.signature.Vectors.IMAGE;
import static dev.osimage.oci.signature.Vectors.bytes;
import static dev.osimage.oci.signature.Vectors.text;
import static dev.osimage.oci.signature.Vectors.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.ImageManifest;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nothing that differs from what was signed holds, and nothing that was signed by mistake. */
class TamperingTest {

  private static final byte[] BUNDLE = bytes("v3/signature-bundle.json");
  private static final String STATEMENT = text(Bundle.parse(BUNDLE).statement());

  private final SigningKey key = SigningKey.generate();

  @Test
  void aSignatureIsOverEveryByteOfThePayload() throws IOException {
    var random = new Random(20260102);
    var signature =
        ImageManifest.parse(bytes("v2/manifest.json")).layers().getFirst().annotations();
    assertThat(verifiesTag(bytes("v2/payload.json"), signature, Vectors.publicKey("v2"))).isTrue();
    for (int i = 0; i < 300; i++) {
      var mutated = Mutation.of(bytes("v2/payload.json"), random);
      assertThat(verifiesTag(mutated, signature, Vectors.publicKey("v2"))).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"sha256:DIGEST\" | \"sha256:0000000000000000000000000000000000000000000000000000000000000000\"",
        "\"sha256:DIGEST\" | \"DIGEST\"",
        "\"sha256:DIGEST\" | null",
        "docker-manifest-digest | Docker-Manifest-Digest",
        "cosign container image signature | atomic container signature",
        "\"type\":\"cosign container image signature\" | \"type\":1",
        "\"docker-reference\":\"127.0.0.1:5917/os/debian\" | \"docker-reference\":null",
        "\"identity\" | \"other\"",
        "\"image\" | \"images\"",
        "\"critical\" | \"Critical\"",
        "\"optional\" | \"critical\"",
        "\"team\":\"os\" | \"team\":\"os\",\"team\":\"x\"",
        "}} | }}}",
        "{\"critical\" | {} {\"critical\""
      })
  void aPayloadThatMeansSomethingElseDoesNotHoldAlthoughItIsSigned(String part, String changed)
      throws IOException {
    var good = text(bytes("v2/payload.json"));
    assertThat(verifiesTag(utf8(good), signed(good), key.publicKey())).isTrue();

    var bad = changed(good, part, changed);

    assertThat(verifiesTag(utf8(bad), signed(bad), key.publicKey())).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "https://in-toto.io/Statement/v1 | https://in-toto.io/Statement/v0.1",
        "\"_type\" | \"type\"",
        "cosign/sign/v1 | cosign/sign/v2",
        "\"predicateType\":\"https://sigstore.dev/cosign/sign/v1\" | \"predicateType\":null",
        "\"predicateType\" | \"predicatetype\"",
        "DIGEST | 0000000000000000000000000000000000000000000000000000000000000000",
        "\"sha256\" | \"sha512\"",
        "\"sha256\" | \"SHA256\"",
        "\"digest\" | \"digests\"",
        "\"subject\":[{ | \"subject\":[],\"subjects\":[{",
        "\"subject\":[{ | \"subject\":[\"x\",{",
        "\"predicate\":{} | \"predicate\":{},\"predicate\":{}",
        "\"predicate\":{}} | \"predicate\":{}} x"
      })
  void aStatementThatMeansSomethingElseDoesNotHoldAlthoughItIsSigned(String part, String changed)
      throws IOException {
    assertThat(verifiesBundle(Bundle.signed(key, utf8(STATEMENT)), key.publicKey())).isTrue();

    var bad = utf8(changed(STATEMENT, part, changed));

    assertThat(verifiesBundle(Bundle.signed(key, bad), key.publicKey())).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "bundle.v0.3+json | bundle.v0.2+json",
        "\"mediaType\" | \"mediatype\"",
        "\"dsseEnvelope\" | \"envelope\"",
        "\"dsseEnvelope\" | \"messageSignature\":{},\"dsseEnvelope\"",
        "vnd.in-toto+json | vnd.in-toto",
        "\"payload\":\"eyJfdHlwZSI6 | \"payload\":\"eyJfdHlwZSI7",
        "\"payload\":\" | \"payload\":\"*",
        "fQ== | fR==",
        "fQ== | fQ",
        "\"payload\":\" | \"payload\":\"\",\"payload\":\"",
        "\"signatures\":[ | \"signatures\":[{\"sig\":\"AAAA\"},",
        "}]}} | },{\"sig\":\"AAAA\"}]}}",
        "\"signatures\":[{ | \"signatures\":[],\"s\":[{",
        "\"sig\":\" | \"sig\":\"AAAA",
        "\"sig\":\" | \"sig\":\"=",
        "}]}} | }]}}{}"
      })
  void aChangedEnvelopeDoesNotHold(String part, String changed) throws IOException {
    assertThat(verifiesBundle(BUNDLE, Vectors.publicKey("v3"))).isTrue();

    var bad = utf8(changed(text(BUNDLE), part, changed));

    assertThat(verifiesBundle(bad, Vectors.publicKey("v3"))).isFalse();
  }

  @Test
  void theHintIsOnlyAHint() throws IOException {
    var other = text(BUNDLE).replace("\"hint\":\"Fe7R", "\"hint\":\"AAAA");

    assertThat(other).isNotEqualTo(text(BUNDLE));
    assertThat(verifiesBundle(utf8(other), Vectors.publicKey("v3"))).isTrue();
  }

  @Test
  void twoThousandMutationsOfABundleNeverHold() throws IOException {
    var random = new Random(20260103);
    // What stands before is the hint, which is not signed.
    int envelope = text(BUNDLE).indexOf("\"dsseEnvelope\"");
    for (int i = 0; i < 2000; i++) {
      var mutated = Mutation.of(BUNDLE, envelope, random);

      assertThat(verifiesBundle(mutated, Vectors.publicKey("v3"))).as(text(mutated)).isFalse();
    }
  }

  private static String changed(String text, String part, String changed) {
    var digest = IMAGE.digest().hex();
    var bad = text.replace(part.replace("DIGEST", digest), changed.replace("DIGEST", digest));
    assertThat(bad).isNotEqualTo(text);
    return bad;
  }

  private Map<String, String> signed(String payload) {
    return Map.of(SignatureTag.SIGNATURE, Base64Text.encode(key.sign(utf8(payload))));
  }

  private static boolean verifiesTag(
      byte[] payload, Map<String, String> annotations, VerificationKey key) throws IOException {
    var content = Vectors.content();
    var layer = Descriptor.of(SignatureTag.LAYER, payload).annotated(annotations);
    content.writeBlob(layer, Content.of(payload));
    content.tagImage(SignatureTag.of(IMAGE.digest()), List.of(layer));
    return verifies(content, key);
  }

  private static boolean verifiesBundle(byte[] bundle, VerificationKey key) throws IOException {
    var content = Vectors.content();
    content.attach(IMAGE.descriptor(), bundle);
    return verifies(content, key);
  }

  private static boolean verifies(MemoryContent content, VerificationKey key) {
    try {
      return !new Verifier(List.of(key)).verify(content, IMAGE.digest()).isEmpty();
    } catch (VerificationException e) {
      assertThat(e.reasons()).isNotEmpty();
      return false;
    }
  }
}
