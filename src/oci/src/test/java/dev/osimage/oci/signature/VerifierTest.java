package dev.osimage.oci.signature;

import static dev.osimage.oci.signature.Vectors.IMAGE;
import static dev.osimage.oci.signature.Vectors.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.Repository;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VerifierTest {

  private static final String TAG = SignatureTag.of(IMAGE.digest());
  private static final Verifier V2 = new Verifier(List.of(Vectors.publicKey("v2")));
  private static final Verifier V3 = new Verifier(List.of(Vectors.publicKey("v3")));

  private final MemoryContent content = content();

  @Test
  void aSignatureOfCosign2Holds() throws IOException {
    Vectors.addTag(content);

    assertThat(V2.verify(content, IMAGE.digest()))
        .containsExactly(
            new VerifiedSignature(
                VerifiedSignature.Kind.SIGNATURE_TAG,
                Vectors.publicKey("v2").id(),
                content.tagged(TAG).digest(),
                "127.0.0.1:5917/os/debian",
                Map.of("team", "os")));
  }

  @Test
  void aSignatureOfCosign3Holds() throws IOException {
    Vectors.addBundle(content, "signature");

    assertThat(V3.verify(content, IMAGE.digest()))
        .containsExactly(
            new VerifiedSignature(
                VerifiedSignature.Kind.BUNDLE,
                Vectors.publicKey("v3").id(),
                Digest.of(Vectors.bytes("v3/signature-manifest.json")),
                null,
                Map.of("team", "os")));
  }

  @Test
  void oneOfSeveralKeysIsEnough() throws IOException {
    Vectors.addTag(content);
    var other = SigningKey.generate().publicKey();

    var found =
        new Verifier(List.of(other, Vectors.publicKey("v2"))).verify(content, IMAGE.digest());

    assertThat(found)
        .extracting(VerifiedSignature::keyId)
        .containsExactly(Vectors.publicKey("v2").id());
  }

  @Test
  void anAttestationIsNoSignatureAlthoughCosign3TakesItForOne() throws IOException {
    Vectors.addBundle(content, "attestation");

    assertThatThrownBy(() -> V3.verify(content, IMAGE.digest()))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("it is an attestation of 'https://spdx.dev/Document', no signature");
  }

  @Test
  void bundlesOfOthersDoNotHideTheSignatureTagAlthoughTheyDoFromCosign3() throws IOException {
    Vectors.addTag(content);
    Vectors.addBundle(content, "attestation");

    assertThat(V2.verify(content, IMAGE.digest())).hasSize(1);
  }

  @Test
  void whereNothingIsItSaysSo() {
    assertThatThrownBy(() -> V2.verify(content, IMAGE.digest()))
        .isInstanceOf(VerificationException.class)
        .hasMessage(
            "no signature of %s by the key %s holds: tag %s does not exist"
                .formatted(IMAGE.digest(), Vectors.publicKey("v2").id(), TAG));
  }

  @Test
  void theSignatureOfAnotherManifestDoesNotHoldForThisOne() throws IOException {
    var other = new Manifest(IMAGE.mediaType(), utf8("{\"schemaVersion\":2}"));
    Vectors.addTag(content);
    content.tag(content.tagged(TAG), SignatureTag.of(other.digest()));
    content.attach(other.descriptor(), Vectors.bytes("v3/signature-bundle.json"));

    assertThatThrownBy(() -> V2.verify(content, other.digest()))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("it is a signature of " + IMAGE.digest());
    assertThatThrownBy(() -> V3.verify(content, other.digest()))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("it is a signature of something else");
  }

  @Test
  void aReferrerMustItselfSayThatItRefersHere() throws IOException {
    var elsewhere = Descriptor.of("a/b", utf8("elsewhere"));
    var referrer = content.attach(elsewhere, Vectors.bytes("v3/signature-bundle.json"));
    var listed = content.manifest(referrer.toString()).orElseThrow().descriptor();
    var lying =
        new MemoryContent() {
          @Override
          public List<Descriptor> referrers(Digest subject) {
            return List.of(listed);
          }
        };
    lying.writeManifest(content.manifest(referrer.toString()).orElseThrow());

    assertThatThrownBy(() -> V3.verify(lying, IMAGE.digest()))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("its subject is another");
  }

  @Test
  void aRequiredRepositoryMustBeTheOneThatWasSigned() throws IOException {
    Vectors.addTag(content);
    Vectors.addBundle(content, "signature");

    assertThat(V2.requiring(Vectors.REPOSITORY).verify(content, IMAGE.digest())).hasSize(1);
    assertThatThrownBy(() ->
            V2.requiring(Repository.parse("r.example/os/debian")).verify(content, IMAGE.digest()))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining(
            "its docker-reference is '127.0.0.1:5917/os/debian', not 'r.example/os/debian'");
    assertThatThrownBy(() -> V3.requiring(Vectors.REPOSITORY).verify(content, IMAGE.digest()))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("bundles do not count");
  }

  @Test
  void malformedSignaturesNextToAGoodOneDoNotMatter() throws IOException {
    content.attach(IMAGE.descriptor(), utf8("no JSON"));
    content.attach(IMAGE.descriptor(), utf8("{}"));
    var missing = Descriptor.of(Bundle.MEDIA_TYPE, utf8("missing"));
    content.writeManifest(
        Manifest.of(
            ImageManifest.referrer(
                Bundle.MEDIA_TYPE, List.of(missing), IMAGE.descriptor(), Map.of())));
    content.writeManifest(
        Manifest.of(
            ImageManifest.referrer(
                Bundle.MEDIA_TYPE, List.of(missing, missing), IMAGE.descriptor(), Map.of())));
    content.writeManifest(
        Manifest.of(
            ImageManifest.referrer("a/log", List.of(missing), IMAGE.descriptor(), Map.of())));
    content.tagImage(TAG, List.of(missing, Descriptor.of(SignatureTag.LAYER, utf8("missing"))));

    var failure =
        catchThrowableOfType(VerificationException.class, () -> V3.verify(content, IMAGE.digest()));

    assertThat(failure.reasons()).hasSize(7);
    assertThat(failure.inconclusive()).isTrue();
    Vectors.addBundle(content, "signature");
    assertThat(V3.verify(content, IMAGE.digest())).hasSize(1);
  }

  @Test
  void aPlaceThatCantBeReadIsNotTakenForOneWithoutSignatures() throws IOException {
    var broken =
        new MemoryContent() {
          @Override
          public List<Descriptor> referrers(Digest subject) throws IOException {
            throw new IOException("connection reset");
          }
        };

    var failure =
        catchThrowableOfType(VerificationException.class, () -> V2.verify(broken, IMAGE.digest()));

    assertThat(failure)
        .hasMessageContaining("the list of referrers can't be read: connection reset");
    assertThat(failure.inconclusive()).isTrue();
    Vectors.addTag(broken);
    assertThat(V2.verify(broken, IMAGE.digest())).hasSize(1);
  }

  @Test
  void onlyAHundredReferrersAreLookedAtButBundlesFirst() throws IOException {
    var log = Descriptor.of("a/log", utf8("log"));
    for (int i = 0; i < 100; i++) {
      content.writeManifest(
          Manifest.of(
              ImageManifest.referrer(
                  "a/log", List.of(log), IMAGE.descriptor(), Map.of("n", "" + i))));
    }
    Vectors.addBundle(content, "signature");
    var typed =
        new MemoryContent() {
          @Override
          public List<Descriptor> referrers(Digest subject) throws IOException {
            var list = new ArrayList<Descriptor>();
            for (var entry : content.referrers(subject)) {
              var image =
                  ImageManifest.parse(
                      content.manifest(entry.digest().toString()).orElseThrow().bytes());
              list.add(
                  new Descriptor(
                      entry.mediaType(),
                      entry.digest(),
                      entry.size(),
                      Map.of(),
                      null,
                      image.artifactType()));
            }
            return list;
          }
        };
    for (var entry : content.referrers(IMAGE.digest())) {
      typed.writeManifest(content.manifest(entry.digest().toString()).orElseThrow());
    }
    Vectors.addBundle(typed, "signature");

    assertThatThrownBy(() -> V3.verify(content, IMAGE.digest()))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("; and 91 more");
    assertThat(V3.verify(typed, IMAGE.digest())).hasSize(1);
  }

  @Test
  void onlyAHundredSignaturesOfTheTagAreLookedAt() throws IOException {
    var key = SigningKey.generate();
    var payload = SimpleSigning.payload(Vectors.REPOSITORY, IMAGE.digest());
    content.writeBlob(Descriptor.of(SignatureTag.LAYER, payload), Content.of(payload));
    var layers = new ArrayList<Descriptor>();
    for (int i = 0; i < 99; i++) {
      layers.add(Descriptor.of("a/b", payload));
    }
    layers.add(SignatureTag.layer(payload, key.sign(payload)));
    var verifier = new Verifier(List.of(key.publicKey()));

    content.tagImage(TAG, layers);
    assertThat(verifier.verify(content, IMAGE.digest())).hasSize(1);
    layers.addFirst(Descriptor.of("a/b", payload));
    content.tagImage(TAG, layers);
    assertThatThrownBy(() -> verifier.verify(content, IMAGE.digest()))
        .isInstanceOf(VerificationException.class);
  }

  @Test
  void aHugeBundleIsNotRead() throws IOException {
    var key = SigningKey.generate();
    var signer = new Signer(key, Vectors.REPOSITORY, content, content, InstantSource.system());
    signer.attest(
        IMAGE.digest(),
        "https://spdx.dev/Document",
        utf8("{\"a\":\"" + "a".repeat(1 << 20) + "\"}"));

    var failure =
        catchThrowableOfType(
            VerificationException.class,
            () -> new Verifier(List.of(key.publicKey())).verify(content, IMAGE.digest()));

    assertThat(failure).hasMessageContaining("bytes, more than 1048576");
    assertThat(failure.inconclusive()).isFalse();
  }

  @Test
  void noKeyVerifiesNothing() {
    assertThatThrownBy(() -> new Verifier(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a signature can't be verified without a key");
  }

  private static MemoryContent content() {
    try {
      return Vectors.content();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
