package dev.osimage.oci.layout;

import dev.osimage.oci.Content;
import dev.osimage.oci.ContentReader;
import dev.osimage.oci.ContentWriter;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.content.ContentException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * An OCI image layout in a directory (image-spec, image-layout.md), which is also the store of
 * onmetal-image and ironcore-image. Several threads and processes may write to it at once, if they
 * use this class: no entry gets lost, and a file is either there as a whole or not at all.
 */
public final class Layout implements ContentReader, ContentWriter {

  static final String LAYOUT_FILE = "oci-layout";
  static final String INDEX_FILE = "index.json";
  static final byte[] LAYOUT =
      "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8);

  private static final Set<String> OURS =
      Set.of(LAYOUT_FILE, INDEX_FILE, LayoutLock.FILE, "blobs", "ingest");

  private final Path root;
  private final Blobs blobs;
  private final AtomicBoolean swept = new AtomicBoolean();

  private Layout(Path root) {
    this.root = root;
    this.blobs = new Blobs(root);
  }

  /** The layout in a directory; throws {@link ContentException} when there is none. */
  public static Layout open(Path root) throws IOException {
    checkVersion(small(root.resolve(LAYOUT_FILE)), root.toString());
    var layout = new Layout(root);
    layout.index();
    return layout;
  }

  /**
   * The layout in a directory, which is made when it is empty or does not exist. A directory with
   * other things in it is refused.
   */
  public static Layout create(Path root) throws IOException {
    if (Files.exists(root.resolve(LAYOUT_FILE))) {
      return open(root);
    }
    Files.createDirectories(root);
    try (var files = Files.newDirectoryStream(root, file -> !isOurs(file))) {
      for (var file : files) {
        throw new ContentException(
            "%s is not an OCI layout and not empty: it has %s. Choose another directory"
                .formatted(root, file.getFileName()));
      }
    }
    var layout = new Layout(root);
    Files.createDirectories(layout.blobs.folder());
    try (var _ = LayoutLock.take(root)) {
      if (!Files.exists(root.resolve(INDEX_FILE))) {
        DurableFile.write(root, INDEX_FILE, LayoutIndex.empty().toBytes());
      }
      // Last: where this file is, the others are.
      DurableFile.write(root, LAYOUT_FILE, LAYOUT);
    }
    return open(root);
  }

  private static boolean isOurs(Path file) {
    return OURS.contains(file.getFileName().toString()) || DurableFile.isPart(file);
  }

  /**
   * Checks the content of an {@code oci-layout}; {@code place} is what messages call the layout.
   */
  static void checkVersion(byte[] bytes, String place) throws ContentException {
    var version =
        LayoutIndex.object(bytes, LAYOUT_FILE + " of " + place).path("imageLayoutVersion");
    if (!"1.0.0".equals(version.textValue())) {
      throw new ContentException(
          "%s is an OCI layout of the version %.40s: only 1.0.0 is known"
              .formatted(place, version.isMissingNode() ? "(none)" : version.asText("?")));
    }
  }

  /** The directory. */
  public Path root() {
    return root;
  }

  /**
   * What the layout lists, in its order; a tag stands among the annotations, as {@code
   * org.opencontainers.image.ref.name}. Entries in ways that are not known here are left out.
   */
  public List<Descriptor> manifests() throws IOException {
    return index().descriptors();
  }

  /**
   * {@inheritDoc}
   *
   * <p>A digest is found wherever the manifest stands: listed, in an index, or as a blob only.
   */
  @Override
  public Optional<Manifest> manifest(String reference) throws IOException {
    if (!reference.startsWith("sha256:")) {
      var entry = index().find(reference);
      return entry.isEmpty() ? Optional.empty() : Optional.of(listed(entry.get()));
    }
    var digest = Digest.parse(reference);
    var bytes = stored(digest);
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    var type = index().find(digest).map(Descriptor::mediaType);
    return (type.isPresent() ? type : new Reachable(this).mediaType(digest, bytes.get()))
        .map(found -> new Manifest(found, bytes.get()));
  }

  /** The bytes of a manifest, empty when there is no such blob. */
  Optional<byte[]> stored(Digest digest) throws IOException {
    return blobs.small(digest);
  }

  private Manifest listed(Descriptor entry) throws IOException {
    var bytes = stored(entry.digest());
    if (bytes.isEmpty()) {
      throw new ContentException(
          "the OCI layout %s lists the manifest %s, but has no such blob"
              .formatted(root, entry.digest()));
    }
    return new Manifest(entry.mediaType(), bytes.get());
  }

  @Override
  public InputStream blob(Descriptor blob) throws IOException {
    return blobs.open(blob);
  }

  /**
   * {@inheritDoc}
   *
   * <p>All manifests that are listed, or stand in an index that is, are looked through for it.
   */
  @Override
  public List<Descriptor> referrers(Digest subject) throws IOException {
    return new Reachable(this).referrers(subject);
  }

  @Override
  public boolean hasBlob(Descriptor blob) throws IOException {
    return blobs.has(blob);
  }

  @Override
  public void writeBlob(Descriptor blob, Content content) throws IOException {
    sweepOnce();
    blobs.write(blob, content);
  }

  void writeBlob(Descriptor blob, InputStream content) throws IOException {
    sweepOnce();
    blobs.write(blob, content);
  }

  /** Writes a manifest, and lists it without a tag unless it is listed already. */
  @Override
  public void writeManifest(Manifest manifest) throws IOException {
    writeUnlisted(manifest);
    update(index -> index.with(manifest));
  }

  @Override
  public void writeUnlisted(Manifest manifest) throws IOException {
    writeBlob(manifest.descriptor(), Content.of(manifest.bytes()));
  }

  /**
   * Lists a manifest that has been written under a tag. Here a tag may also be a whole reference,
   * as in the stores of ironcore-image. What had the tag stays listed without it.
   */
  @Override
  public void tag(Manifest manifest, String tag) throws IOException {
    if (!blobs.has(manifest.descriptor())) {
      throw new ContentException(
          "the manifest %s can't be tagged '%s': the OCI layout %s does not have it"
              .formatted(manifest.digest(), tag, root));
    }
    update(index -> index.tagged(manifest, tag));
  }

  /** Lists what another layout lists; its content has been written. */
  void merge(LayoutIndex other) throws IOException {
    update(index -> index.merged(other));
  }

  LayoutIndex index() throws IOException {
    var file = root.resolve(INDEX_FILE);
    return LayoutIndex.read(small(file), file.toString());
  }

  private void update(Function<LayoutIndex, LayoutIndex> change) throws IOException {
    sweepOnce();
    try (var _ = LayoutLock.take(root)) {
      var before = index();
      var after = change.apply(before);
      if (after != before) {
        DurableFile.write(root, INDEX_FILE, after.toBytes());
      }
    }
  }

  private void sweepOnce() throws IOException {
    if (swept.compareAndSet(false, true)) {
      DurableFile.sweep(root);
      DurableFile.sweep(blobs.folder());
    }
  }

  private static byte[] small(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new ContentException(
          "%s is not an OCI layout: it has no file %s"
              .formatted(file.getParent(), file.getFileName()));
    }
    try (var in = Files.newInputStream(file)) {
      var bytes = in.readNBytes(Manifest.MAX_BYTES + 1);
      if (bytes.length > Manifest.MAX_BYTES) {
        throw new ContentException(file + " has more than " + Manifest.MAX_BYTES + " bytes");
      }
      return bytes;
    }
  }

  @Override
  public String toString() {
    return "OCI layout " + root;
  }
}
