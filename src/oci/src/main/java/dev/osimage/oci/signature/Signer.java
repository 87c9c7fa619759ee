package dev.osimage.oci.signature;

import dev.osimage.oci.Content;
import dev.osimage.oci.ContentReader;
import dev.osimage.oci.ContentWriter;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.Repository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Signs manifests of a repository so that cosign 2 and cosign 3 verify them with the public key.
 * Only one may sign a manifest at a time: registries can't exclude that two writers of the
 * signature tag undo each other.
 */
public final class Signer {

  /** A predicate is in memory several times over; it has at most 16 MiB. */
  public static final int MAX_PREDICATE_BYTES = 16 * 1024 * 1024;

  private static final byte[] NOTHING = "{}".getBytes(StandardCharsets.US_ASCII);
  private static final int TRIES = 3;

  private final SigningKey key;
  private final Repository repository;
  private final ContentReader reader;
  private final ContentWriter writer;
  private final InstantSource clock;

  /**
   * Signs in this repository, which is read and written through reader and writer. The writer lets
   * the manifest it refers to know of a referrer, where the registry does not do that.
   */
  public Signer(
      SigningKey key,
      Repository repository,
      ContentReader reader,
      ContentWriter writer,
      InstantSource clock) {
    this.key = key;
    this.repository = repository;
    this.reader = reader;
    this.writer = writer;
    this.clock = clock;
  }

  /** The digests of the manifests that bear the two signatures. */
  public record Signed(Digest bundle, Digest signatureTag) {}

  /**
   * Signs a manifest that is in the repository, first with a bundle and then in the signature tag:
   * cosign 3 takes no signature from the tag once there is any bundle. Signing again adds nothing.
   * Offline, cosign 2.6 verifies what has a bundle only with {@code --trusted-root}.
   */
  public Signed sign(Digest manifest) throws IOException {
    var subject = subject(manifest);
    return new Signed(signWithBundle(subject), signInTag(manifest));
  }

  /**
   * Attaches an attestation: a predicate, which is a JSON object, of a type that is a URI, such as
   * {@code https://slsa.dev/provenance/v1}, {@code https://spdx.dev/Document} or {@code
   * https://cyclonedx.org/bom}. Each call adds one; returns the digest of the manifest that bears
   * it.
   *
   * <p>Call {@link #sign} first. To cosign 3 any bundle counts: an attestation alone passes for a
   * signature, and one by another key makes it overlook the signature tag.
   */
  public Digest attest(Digest manifest, String predicateType, byte[] predicate) throws IOException {
    if (predicateType.isBlank() || predicateType.equals(Statement.SIGNATURE)) {
      throw new IllegalArgumentException(
          "'%s' is not a type of predicate that can be attested".formatted(predicateType));
    }
    if (predicate.length > MAX_PREDICATE_BYTES) {
      throw new IllegalArgumentException(
          "the predicate has %d bytes, more than %d"
              .formatted(predicate.length, MAX_PREDICATE_BYTES));
    }
    try {
      StrictJson.parse(predicate);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the predicate can't be attested: " + e.getMessage(), e);
    }
    return attach(subject(manifest), predicateType, predicate);
  }

  private Descriptor subject(Digest manifest) throws IOException {
    return reader
        .manifest(manifest.toString())
        .orElseThrow(() ->
            new IOException("there is no manifest %s to sign".formatted(repository.at(manifest))))
        .descriptor();
  }

  private Digest signWithBundle(Descriptor subject) throws IOException {
    var search = new Search(reader, subject.digest(), List.of(key.publicKey()));
    SignatureBundles.check(search);
    return search.holding().isEmpty()
        ? attach(subject, Statement.SIGNATURE, NOTHING)
        : search.holding().getFirst().manifest();
  }

  private Digest attach(Descriptor subject, String predicateType, byte[] predicate)
      throws IOException {
    var statement = Statement.of(subject.digest(), predicateType, predicate);
    var bytes = Bundle.signed(key, statement);
    var bundle = Descriptor.of(Bundle.MEDIA_TYPE, bytes);
    var referrer = SignatureBundles.referrer(subject, bundle, predicateType, clock.instant());
    write(MediaTypes.EMPTY_DESCRIPTOR, NOTHING);
    write(bundle, bytes);
    writer.writeManifest(referrer);
    return referrer.digest();
  }

  private Digest signInTag(Digest subject) throws IOException {
    var payload = SimpleSigning.payload(repository, subject);
    var layer = SignatureTag.layer(payload, key.sign(payload));
    var tag = SignatureTag.of(subject);
    for (int i = 0; i <= TRIES; i++) {
      var found = reader.manifest(tag);
      var image = found.isEmpty() ? null : image(tag, found.get());
      if (image != null && image.layers().stream().anyMatch(it -> isOurs(it, payload))) {
        return found.get().digest();
      }
      if (i < TRIES) {
        write(layer, payload);
        publish(tag, image, layer);
      }
    }
    throw new IOException(
        "the signature did not stay in the tag %s of %s: something else writes the tag, too"
            .formatted(tag, repository));
  }

  private boolean isOurs(Descriptor layer, byte[] payload) {
    return SignatureTag.isSigned(layer, payload, key.publicKey());
  }

  private void publish(String tag, @Nullable ImageManifest present, Descriptor layer)
      throws IOException {
    var layers = new ArrayList<>(present == null ? List.of() : present.layers());
    layers.add(layer);
    if (layers.size() > Verifier.MAX_SIGNATURES) {
      throw new IOException(
          "the tag %s of %s has %d signatures already; delete it to sign anew"
              .formatted(tag, repository, layers.size() - 1));
    }
    var config = SignatureTag.config(layers);
    var descriptor = Descriptor.of(MediaTypes.IMAGE_CONFIG, config);
    write(descriptor, config);
    var annotations = present == null ? Map.<String, String>of() : present.annotations();
    var manifest =
        Manifest.of(
            new ImageManifest(
                MediaTypes.IMAGE_MANIFEST, null, descriptor, layers, null, annotations));
    writer.writeManifest(manifest);
    writer.tag(manifest, tag);
  }

  private ImageManifest image(String tag, Manifest manifest) throws IOException {
    try {
      return SignatureTag.image(manifest);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "the tag %s of %s is not what cosign writes, and is left alone: %s"
              .formatted(tag, repository, e.getMessage()),
          e);
    }
  }

  private void write(Descriptor blob, byte[] bytes) throws IOException {
    if (!writer.hasBlob(blob)) {
      writer.writeBlob(blob, Content.of(bytes));
    }
  }
}
