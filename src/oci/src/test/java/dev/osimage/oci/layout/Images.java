package dev.osimage.oci.layout;

import dev.osimage.oci.Content;
import dev.osimage.oci.ContentWriter;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.ImageIndex;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Small images to be written somewhere. */
final class Images {

  static final Platform AMD64 = new Platform("amd64", "linux");
  static final Platform ARM64 = new Platform("arm64", "linux");

  private Images() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static Descriptor blob(ContentWriter to, String text) throws IOException {
    var blob = Descriptor.of("application/x-test", utf8(text));
    to.writeBlob(blob, Content.of(utf8(text)));
    return blob;
  }

  /** An image with these layers, its manifest without a media type as ironcore-image writes it. */
  static Manifest image(ContentWriter to, String... layers) throws IOException {
    var descriptors = new ArrayList<Descriptor>();
    for (var layer : layers) {
      descriptors.add(blob(to, layer));
    }
    var image =
        Manifest.of(
            new ImageManifest(
                blob(to, "{\"commandLine\":\"" + layers[0] + "\"}"), descriptors, Map.of()));
    to.writeManifest(image);
    return image;
  }

  /** An index of an image each for amd64 and arm64. */
  static Manifest index(ContentWriter to, String name) throws IOException {
    var amd64 = image(to, name + " amd64").descriptor().forPlatform(AMD64);
    var arm64 = image(to, name + " arm64").descriptor().forPlatform(ARM64);
    return index(to, List.of(amd64, arm64));
  }

  static Manifest index(ContentWriter to, List<Descriptor> entries) throws IOException {
    var index = Manifest.of(new ImageIndex(entries));
    to.writeManifest(index);
    return index;
  }

  /** Something that is said about a manifest. */
  static Manifest referrer(ContentWriter to, Manifest subject, String text) throws IOException {
    to.writeBlob(MediaTypes.EMPTY_DESCRIPTOR, Content.of(utf8("{}")));
    var referrer =
        Manifest.of(
            ImageManifest.referrer(
                "application/x-remark",
                List.of(blob(to, text)),
                subject.descriptor(),
                Map.of("remark", text)));
    to.writeManifest(referrer);
    return referrer;
  }
}
