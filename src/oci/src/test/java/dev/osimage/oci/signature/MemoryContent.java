package dev.osimage.oci.signature;

import dev.osimage.oci.Content;
import dev.osimage.oci.ContentReader;
import dev.osimage.oci.ContentWriter;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A repository in memory, whose list of referrers says as little as one that cosign wrote. */
class MemoryContent implements ContentReader, ContentWriter {

  /** Every write, by what was written. */
  final List<String> writes = new ArrayList<>();

  private final Map<String, Manifest> manifests = new LinkedHashMap<>();
  private final Map<String, String> tags = new LinkedHashMap<>();
  private final Map<Digest, byte[]> blobs = new LinkedHashMap<>();

  /** What is tagged so. */
  Manifest tagged(String tag) throws IOException {
    return manifest(tag).orElseThrow();
  }

  byte[] bytes(Descriptor blob) throws IOException {
    try (var in = blob(blob)) {
      return in.readAllBytes();
    }
  }

  /** Adds a blob, and a referrer with it as its only layer. */
  Digest attach(Descriptor subject, byte[] bundle) throws IOException {
    var blob = Descriptor.of(Bundle.MEDIA_TYPE, bundle);
    writeBlob(blob, Content.of(bundle));
    var referrer =
        Manifest.of(ImageManifest.referrer(Bundle.MEDIA_TYPE, List.of(blob), subject, Map.of()));
    writeManifest(referrer);
    return referrer.digest();
  }

  /** Puts an image manifest with these layers under a tag. */
  void tagImage(String tag, List<Descriptor> layers) throws IOException {
    var manifest =
        Manifest.of(
            new ImageManifest(
                MediaTypes.IMAGE_MANIFEST,
                null,
                MediaTypes.EMPTY_DESCRIPTOR,
                layers,
                null,
                Map.of()));
    writeManifest(manifest);
    tag(manifest, tag);
  }

  @Override
  public Optional<Manifest> manifest(String reference) throws IOException {
    return Optional.ofNullable(manifests.get(tags.getOrDefault(reference, reference)));
  }

  @Override
  public InputStream blob(Descriptor blob) throws IOException {
    var bytes = blobs.get(blob.digest());
    if (bytes == null || bytes.length != blob.size()) {
      throw new IOException("the blob is missing or has another size");
    }
    return new ByteArrayInputStream(bytes);
  }

  @Override
  public List<Descriptor> referrers(Digest subject) throws IOException {
    return manifests.values().stream()
        .filter(manifest -> !manifest.isIndex() && refers(manifest, subject))
        .map(Manifest::descriptor)
        .toList();
  }

  private static boolean refers(Manifest manifest, Digest subject) {
    var to = ImageManifest.parse(manifest.bytes()).subject();
    return to != null && to.digest().equals(subject);
  }

  @Override
  public boolean hasBlob(Descriptor blob) {
    return blobs.containsKey(blob.digest());
  }

  @Override
  public void writeBlob(Descriptor blob, Content content) throws IOException {
    try (var in = content.open()) {
      blobs.put(blob.digest(), in.readAllBytes());
    }
    writes.add(blob.mediaType());
  }

  @Override
  public void writeManifest(Manifest manifest) throws IOException {
    manifests.put(manifest.digest().toString(), manifest);
    writes.add(manifest.mediaType());
  }

  @Override
  public void tag(Manifest manifest, String tag) throws IOException {
    tags.put(tag, manifest.digest().toString());
    writes.add(tag);
  }
}
