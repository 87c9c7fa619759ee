package dev.osimage.oci.signature;

import static dev.osimage.oci.signature.Vectors.IMAGE;
import static dev.osimage.oci.signature.Vectors.REPOSITORY;
import static dev.osimage.oci.signature.Vectors.text;
import static dev.osimage.oci.signature.Vectors.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageIndex;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignerTest {

  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-01-02T03:04:05.678Z"));
  private static final String TAG = SignatureTag.of(IMAGE.digest());

  private final SigningKey key = SigningKey.generate();

  @Test
  void bothSignaturesHoldAndTheBundleIsPublishedFirst() throws IOException {
    var content = Vectors.content();

    var signed = signer(content).sign(IMAGE.digest());

    assertThat(new Verifier(List.of(key.publicKey())).verify(content, IMAGE.digest()))
        .extracting(VerifiedSignature::kind, VerifiedSignature::manifest)
        .containsExactlyInAnyOrder(
            tuple(VerifiedSignature.Kind.BUNDLE, signed.bundle()),
            tuple(VerifiedSignature.Kind.SIGNATURE_TAG, signed.signatureTag()));
    assertThat(content.writes)
        .containsExactly(
            MediaTypes.EMPTY,
            Bundle.MEDIA_TYPE,
            MediaTypes.IMAGE_MANIFEST,
            SignatureTag.LAYER,
            MediaTypes.IMAGE_CONFIG,
            MediaTypes.IMAGE_MANIFEST,
            TAG);
  }

  @Test
  void theTagIsWhatCosignWritesByteByByte() throws IOException {
    var content = Vectors.content();

    signer(content).sign(IMAGE.digest());

    var manifest = ImageManifest.parse(content.tagged(TAG).bytes());
    var layer = manifest.layers().getFirst();
    assertThat(text(content.bytes(layer)))
        .isEqualTo(text(Vectors.bytes("v2/payload.json")).replace("{\"team\":\"os\"}", "null"));
    assertThat(text(content.bytes(manifest.config())))
        .isEqualTo(
            ("{'architecture':'','config':{},'created':'0001-01-01T00:00:00Z',"
                    + "'history':[{'created':'0001-01-01T00:00:00Z'}],'os':'',"
                    + "'rootfs':{'type':'layers','diff_ids':['D']}}")
                .replace('\'', '"')
                .replace("D", layer.digest().toString()));
    assertThat(manifest.config().mediaType()).isEqualTo(MediaTypes.IMAGE_CONFIG);
    assertThat(layer.mediaType()).isEqualTo("application/vnd.dev.cosign.simplesigning.v1+json");
    assertThat(layer.annotations()).containsOnlyKeys("dev.cosignproject.cosign/signature");
  }

  @Test
  void theBundleAndItsReferrerAreWhatCosignWrites() throws IOException {
    var content = Vectors.content();

    var signed = signer(content).sign(IMAGE.digest());

    var manifest =
        ImageManifest.parse(content.manifest(signed.bundle().toString()).orElseThrow().bytes());
    assertThat(manifest)
        .isEqualTo(
            ImageManifest.referrer(
                Bundle.MEDIA_TYPE,
                manifest.layers(),
                IMAGE.descriptor(),
                Map.of(
                    "dev.sigstore.bundle.content", "dsse-envelope",
                    "dev.sigstore.bundle.predicateType", "https://sigstore.dev/cosign/sign/v1",
                    "org.opencontainers.image.created", "2026-01-02T03:04:05Z")));
    var bundle = text(content.bytes(manifest.layers().getFirst()));
    var sig = bundle.replaceFirst(".*\"sig\":\"([^\"]*)\".*", "$1");
    assertThat(bundle)
        .isEqualTo(
            ("{'mediaType':'application/vnd.dev.sigstore.bundle.v0.3+json','verificationMaterial':"
                    + "{'publicKey':{'hint':'%s'}},'dsseEnvelope':{'payload':'%s','payloadType':"
                    + "'application/vnd.in-toto+json','signatures':[{'sig':'%s'}]}}")
                .replace('\'', '"')
                .formatted(key.publicKey().id(), Base64Text.encode(utf8(statement())), sig));
  }

  private static String statement() {
    return ("{'_type':'https://in-toto.io/Statement/v1','subject':[{'digest':{'sha256':'%s'}}],"
            + "'predicateType':'https://sigstore.dev/cosign/sign/v1','predicate':{}}")
        .replace('\'', '"')
        .formatted(IMAGE.digest().hex());
  }

  @Test
  void signingAgainAddsNothing() throws IOException {
    var content = Vectors.content();
    var signed = signer(content).sign(IMAGE.digest());
    content.writes.clear();

    assertThat(signer(content).sign(IMAGE.digest())).isEqualTo(signed);
    assertThat(content.writes).isEmpty();
  }

  @Test
  void theSignaturesOfOthersStay() throws IOException {
    var content = Vectors.content();
    Vectors.addTag(content);
    Vectors.addBundle(content, "signature");

    signer(content).sign(IMAGE.digest());

    var signers = List.of(Vectors.publicKey("v2"), Vectors.publicKey("v3"), key.publicKey());
    assertThat(new Verifier(signers).verify(content, IMAGE.digest()))
        .extracting(VerifiedSignature::keyId)
        .containsExactlyInAnyOrder(
            signers.get(0).id(), signers.get(1).id(), signers.get(2).id(), signers.get(2).id());
    var image = ImageManifest.parse(content.tagged(TAG).bytes());
    assertThat(text(content.bytes(image.config())))
        .contains(
            "\"diff_ids\":[\"%s\",\"%s\"]"
                .formatted(image.layers().get(0).digest(), image.layers().get(1).digest()));
  }

  @Test
  void aBrokenSignatureOverTheSamePayloadIsNotTakenForOurs() throws IOException {
    var content = Vectors.content();
    var payload = SimpleSigning.payload(REPOSITORY, IMAGE.digest());
    content.tagImage(
        TAG,
        List.of(
            SignatureTag.layer(payload, SigningKey.generate().sign(payload)),
            Descriptor.of(SignatureTag.LAYER, payload),
            Descriptor.of(SignatureTag.LAYER, payload)
                .annotated(Map.of(SignatureTag.SIGNATURE, "*"))));

    signer(content).sign(IMAGE.digest());

    assertThat(ImageManifest.parse(content.tagged(TAG).bytes()).layers()).hasSize(4);
  }

  @Test
  void aTagThatIsNoImageIsLeftAlone() throws IOException {
    var content = Vectors.content();
    var index = Manifest.of(new ImageIndex(List.of()));
    content.writeManifest(index);
    content.tag(index, TAG);

    assertThatThrownBy(() -> signer(content).sign(IMAGE.digest()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not what cosign writes, and is left alone: it is an index");
    assertThat(content.tagged(TAG)).isEqualTo(index);
  }

  @Test
  void aSignatureThatNoVerifierWouldLookAtIsNotAdded() throws IOException {
    var content = Vectors.content();
    var payload = SimpleSigning.payload(REPOSITORY, IMAGE.digest());
    content.tagImage(TAG, Collections.nCopies(100, SignatureTag.layer(payload, new byte[] {1})));

    assertThatThrownBy(() -> signer(content).sign(IMAGE.digest()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has 100 signatures already");
  }

  @Test
  void aTagThatAnotherWriterKeepsChangingIsTriedThreeTimes() throws IOException {
    var content =
        new MemoryContent() {
          @Override
          public void tag(Manifest manifest, String tag) {
            writes.add(tag);
          }
        };
    content.writeManifest(IMAGE);

    assertThatThrownBy(() -> signer(content).sign(IMAGE.digest()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("did not stay in the tag");
    assertThat(content.writes.stream().filter(TAG::equals)).hasSize(3);
  }

  @Test
  void whatIsNotThereIsNotSigned() throws IOException {
    var content = Vectors.content();
    var missing = Digest.of(utf8("missing"));

    assertThatThrownBy(() -> signer(content).sign(missing))
        .isInstanceOf(IOException.class)
        .hasMessage("there is no manifest 127.0.0.1:5917/os/debian@%s to sign".formatted(missing));
    assertThat(content.writes).isEmpty();
  }

  @Test
  void anAttestationCarriesThePredicateByteByByte() throws IOException {
    var content = Vectors.content();
    var predicate = "{ \"b\": 1.50, \"a\": \"<é>\" }";

    var digest =
        signer(content).attest(IMAGE.digest(), "https://spdx.dev/Document", utf8(predicate));

    var manifest = ImageManifest.parse(content.manifest(digest.toString()).orElseThrow().bytes());
    assertThat(manifest.annotations())
        .containsEntry("dev.sigstore.bundle.predicateType", "https://spdx.dev/Document");
    var bundle = Bundle.parse(content.bytes(manifest.layers().getFirst()));
    assertThat(bundle.isSignedBy(key.publicKey())).isTrue();
    assertThat(text(bundle.statement()))
        .isEqualTo(
            statement()
                .replace("https://sigstore.dev/cosign/sign/v1", "https://spdx.dev/Document")
                .replace("\"predicate\":{}", "\"predicate\":" + predicate));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "https://sigstore.dev/cosign/sign/v1 | {}",
        "~~ | {}",
        "https://spdx.dev/Document | []",
        "https://spdx.dev/Document | {} {}",
        "https://spdx.dev/Document | {\"a\":1,\"a\":2}",
        "https://spdx.dev/Document | {},\"predicateType\":\"x\""
      })
  void whatIsNoAttestationIsRefused(String type, String predicate) throws IOException {
    var content = Vectors.content();

    assertThatThrownBy(() -> signer(content).attest(IMAGE.digest(), type, utf8(predicate)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("can");
    assertThat(content.writes).isEmpty();
  }

  private Signer signer(MemoryContent content) {
    return new Signer(key, REPOSITORY, content, content, CLOCK);
  }
}
