package dev.osimage.oci.registry;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.registry.RegistryConnection.Way;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Reads and writes manifests (distribution-spec, "Pulling manifests", "Pushing manifests"). */
final class Manifests {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final RegistryConnection registry;

  Manifests(RegistryConnection registry) {
    this.registry = registry;
  }

  /** One try. */
  Optional<Manifest> get(String reference) {
    var doing = "reading manifest " + reference;
    var request = new Request.Builder().url(registry.url("manifests", reference));
    // Registries answer 404 for types that are not asked for.
    MediaTypes.MANIFESTS.forEach(type -> request.addHeader("Accept", type));
    try (var response = registry.send(request.build(), Way.FOLLOW, registry.pull(), doing)) {
      if (response.code() == 404) {
        return Optional.empty();
      }
      registry.expect(response, doing, Set.of(200));
      var bytes = response.body().byteStream().readNBytes(Manifest.MAX_BYTES + 1);
      if (bytes.length > Manifest.MAX_BYTES) {
        throw registry.protocol(doing, "a manifest of more than 8 MiB");
      }
      var digest = Digest.of(bytes);
      if (reference.startsWith("sha256:") && !reference.equals(digest.toString())) {
        throw registry.protocol(doing, "other bytes, of digest " + digest);
      }
      RegistryClient.checkDigest(registry, response, digest, doing);
      return Optional.of(new Manifest(mediaType(response, bytes), bytes));
    } catch (IOException e) {
      throw RegistryFailure.of(registry.base(), doing, e);
    }
  }

  private static String mediaType(Response response, byte[] bytes) {
    var header = response.header("Content-Type", "");
    var type = header == null ? "" : header.replaceFirst("[; ].*$", "");
    if (MediaTypes.MANIFESTS.contains(type)) {
      return type;
    }
    // A server that does not know what it serves: the manifest says it, or its shape.
    try {
      var json = JSON.readTree(bytes);
      var own = json.path("mediaType").asText("");
      if (!own.isEmpty()) {
        return own;
      }
      return json.has("manifests") ? MediaTypes.IMAGE_INDEX : MediaTypes.IMAGE_MANIFEST;
    } catch (IOException e) {
      return MediaTypes.IMAGE_MANIFEST;
    }
  }

  /**
   * Stores a manifest under its digest or a tag; before it is sent again, what is there is read.
   */
  void put(Manifest manifest, String reference) {
    registry.retrying(number -> {
      boolean there =
          number > 1
              && get(reference)
                  .filter(found -> found.digest().equals(manifest.digest()))
                  .isPresent();
      if (!there) {
        putOnce(manifest, reference);
      }
      return manifest;
    });
  }

  /** One try. */
  void putOnce(Manifest manifest, String reference) {
    var doing = "pushing manifest " + reference;
    var type = MediaType.parse(manifest.mediaType());
    if (type == null) {
      throw new IllegalArgumentException("'" + manifest.mediaType() + "' is no media type");
    }
    var body = RequestBody.create(manifest.bytes(), type);
    var request = new Request.Builder().url(registry.url("manifests", reference)).put(body).build();
    try (var response = registry.send(request, Way.UPLOAD, registry.push(), doing)) {
      registry.expect(response, doing, Set.of(200, 201, 202));
      RegistryClient.checkDigest(registry, response, manifest.digest(), doing);
    }
  }
}
