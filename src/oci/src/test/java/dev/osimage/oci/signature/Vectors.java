package dev.osimage.oci.signature;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.Repository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** What cosign 2 and 3 made of one image (src/test/resources/cosign). */
final class Vectors {

  static final Repository REPOSITORY = Repository.parse("127.0.0.1:5917/os/debian");
  static final Manifest IMAGE = new Manifest(MediaTypes.IMAGE_MANIFEST, bytes("image.json"));

  private Vectors() {}

  static byte[] bytes(String name) {
    try (var in = Objects.requireNonNull(Vectors.class.getResourceAsStream("/cosign/" + name))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }

  static VerificationKey publicKey(String directory) {
    return VerificationKey.read(bytes(directory + "/cosign.pub"));
  }

  /** A repository with the image. */
  static MemoryContent content() throws IOException {
    var content = new MemoryContent();
    content.writeManifest(IMAGE);
    content.writes.clear();
    return content;
  }

  /** Adds what cosign 2 signed. */
  static void addTag(MemoryContent content) throws IOException {
    var manifest = new Manifest(MediaTypes.IMAGE_MANIFEST, bytes("v2/manifest.json"));
    var payload = bytes("v2/payload.json");
    content.writeBlob(Descriptor.of(SignatureTag.LAYER, payload), Content.of(payload));
    content.writeManifest(manifest);
    content.tag(manifest, SignatureTag.of(IMAGE.digest()));
  }

  /** Adds what cosign 3 made: {@code signature} or {@code attestation}. */
  static void addBundle(MemoryContent content, String what) throws IOException {
    var bundle = bytes("v3/" + what + "-bundle.json");
    var manifest = new Manifest(MediaTypes.IMAGE_MANIFEST, bytes("v3/" + what + "-manifest.json"));
    var layer = ImageManifest.parse(manifest.bytes()).layers().getFirst();
    content.writeBlob(layer, Content.of(bundle));
    content.writeManifest(manifest);
  }
}
