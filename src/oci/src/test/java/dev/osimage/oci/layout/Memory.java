package dev.osimage.oci.layout;

import dev.osimage.oci.Content;
import dev.osimage.oci.ContentReader;
import dev.osimage.oci.ContentWriter;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.DigestMismatchException;
import dev.osimage.oci.ImageIndex;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A place of content as strict as a registry: what a manifest refers to has to be there first. */
class Memory implements ContentReader, ContentWriter {

  final Map<Digest, byte[]> blobs = new ConcurrentHashMap<>();
  final Map<Digest, Manifest> manifests = new ConcurrentHashMap<>();
  final Map<String, Digest> tags = new ConcurrentHashMap<>();
  final List<Descriptor> referrers = new CopyOnWriteArrayList<>();

  @Override
  public Optional<Manifest> manifest(String reference) {
    var digest = reference.startsWith("sha256:") ? Digest.parse(reference) : tags.get(reference);
    return Optional.ofNullable(digest).map(manifests::get);
  }

  @Override
  public InputStream blob(Descriptor blob) throws IOException {
    var bytes = blobs.get(blob.digest());
    if (bytes == null) {
      throw new FileNotFoundException("no blob " + blob.digest());
    }
    return new ByteArrayInputStream(bytes);
  }

  @Override
  public List<Descriptor> referrers(Digest subject) {
    var found = new ArrayList<>(referrers);
    for (var manifest : manifests.values()) {
      if (!manifest.isIndex()) {
        var named = ImageManifest.parse(manifest.bytes()).subject();
        if (named != null && named.digest().equals(subject)) {
          found.add(manifest.descriptor());
        }
      }
    }
    return found;
  }

  @Override
  public boolean hasBlob(Descriptor blob) {
    return blobs.containsKey(blob.digest());
  }

  @Override
  public void writeBlob(Descriptor blob, Content content) throws IOException {
    try (var in = content.open()) {
      var bytes = in.readAllBytes();
      if (!Digest.of(bytes).equals(blob.digest())) {
        throw new DigestMismatchException(blob.digest(), Digest.of(bytes), bytes.length);
      }
      blobs.put(blob.digest(), bytes);
    }
  }

  @Override
  public void writeManifest(Manifest manifest) throws IOException {
    if (manifest.isIndex()) {
      for (var child : ImageIndex.parse(manifest.bytes()).manifests()) {
        require(manifests.containsKey(child.digest()), child);
      }
    } else {
      var image = ImageManifest.parse(manifest.bytes());
      require(hasBlob(image.config()), image.config());
      for (var layer : image.layers()) {
        require(hasBlob(layer) || layer.mediaType().contains("nondistributable"), layer);
      }
    }
    manifests.put(manifest.digest(), manifest);
  }

  private static void require(boolean there, Descriptor what) throws IOException {
    if (!there) {
      throw new IOException("MANIFEST_BLOB_UNKNOWN " + what.digest());
    }
  }

  @Override
  public void tag(Manifest manifest, String tag) throws IOException {
    require(manifests.containsKey(manifest.digest()), manifest.descriptor());
    tags.put(tag, manifest.digest());
  }
}
