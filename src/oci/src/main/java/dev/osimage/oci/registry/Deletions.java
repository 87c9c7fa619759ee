package dev.osimage.oci.registry;

import dev.osimage.oci.Content;
import dev.osimage.oci.ContentWriter;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.registry.RegistryConnection.Way;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * Deletes manifests and tags (distribution-spec, "Content Management"). A tag that a registry does
 * not delete is moved to an empty manifest of its own, which is then deleted by its digest, as
 * regclient does it: by the digest of the real manifest, all its other tags would go as well.
 */
final class Deletions {

  private static final String STAND_IN = "application/vnd.osimage.untagged.v1+json";
  private static final String INSTEAD_OF = "dev.osimage.instead-of";

  private static final byte[] EMPTY = {'{', '}'};

  /** Sent again unseen after a lost answer, a success would look like 404. */
  private static final RequestBody NOTHING =
      new RequestBody() {
        @Override
        public @Nullable MediaType contentType() {
          return null;
        }

        @Override
        public long contentLength() {
          return 0;
        }

        @Override
        public boolean isOneShot() {
          return true;
        }

        @Override
        public void writeTo(BufferedSink sink) {
          // There is nothing to write.
        }
      };

  private static final Set<Integer> DELETED = Set.of(200, 202, 204);

  /** How registries refuse a tag where they want a digest: 400 is distribution 2.8. */
  private static final Set<Integer> WANTS_DIGEST = Set.of(400, 404, 405, 501);

  private final RegistryConnection registry;
  private final Manifests manifests;
  private final ContentWriter blobs;

  Deletions(RegistryConnection registry, Manifests manifests, ContentWriter blobs) {
    this.registry = registry;
    this.manifests = manifests;
    this.blobs = blobs;
  }

  /** Deletes a manifest; returns whether it was there. */
  boolean manifest(Digest digest) {
    return registry.retrying(number -> manifestOnce(digest, number));
  }

  private boolean manifestOnce(Digest digest, int number) {
    try {
      delete(digest.toString());
      return true;
    } catch (RegistryException e) {
      if (isUnsupported(e)) {
        throw RegistryFailure.unsupported(e);
      }
      if (e.status() == 404) {
        // The answer that was lost may have been a success.
        return number > 1;
      }
      // The digest is one: distribution 2.8 has read a file that somebody writes at this moment.
      throw e.code().equals("DIGEST_INVALID") ? RegistryFailure.passing(e) : e;
    }
  }

  /** Removes a tag that names this manifest; returns whether it did. */
  boolean untag(String tag, Digest digest) {
    var found = registry.retrying(number -> manifests.get(tag));
    if (found.filter(manifest -> standsFor(manifest, digest)).isPresent()) {
      // An earlier call was cut short.
      remove(found.get(), tag);
      return true;
    }
    return names(found, digest)
        && registry
            .retrying(number -> untagOnce(tag, digest, number))
            .orElseGet(() -> untagByDigest(tag, digest));
  }

  /** One try; empty where the registry does not delete by tag. */
  private Optional<Boolean> untagOnce(String tag, Digest digest, int number) {
    if (number > 1) {
      var found = manifests.get(tag);
      if (!names(found, digest)) {
        return Optional.of(found.isEmpty());
      }
    }
    try {
      delete(tag);
      return Optional.of(true);
    } catch (RegistryException e) {
      if (WANTS_DIGEST.contains(e.status())) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private boolean untagByDigest(String tag, Digest digest) {
    checkDeletion();
    var found = registry.retrying(number -> manifests.get(tag));
    if (!names(found, digest)) {
      return false;
    }
    var standIn = standIn(digest);
    manifests.put(standIn, tag);
    remove(standIn, tag);
    return true;
  }

  /** Deletes a manifest in place of another, and the tag on it. */
  private void remove(Manifest standIn, String tag) {
    registry.retrying(number -> {
      if (number > 1) {
        // What failed half-way has left the tag, or its name in the list of tags, and either goes
        // only with what the tag names.
        var taken =
            manifests.get(tag).filter(found -> !names(Optional.of(found), standIn.digest()));
        manifests.putOnce(standIn, taken.isPresent() ? standIn.digest().toString() : tag);
      }
      return manifestOnce(standIn.digest(), number);
    });
  }

  /** Finds out whether anything can be deleted, before a tag is touched. */
  private void checkDeletion() {
    try {
      if (!blobs.hasBlob(MediaTypes.EMPTY_DESCRIPTOR)) {
        blobs.writeBlob(MediaTypes.EMPTY_DESCRIPTOR, Content.of(EMPTY));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // Always the same: where it can't be deleted, there is one of it in a repository.
    var probe = artifact(Map.of());
    manifests.put(probe, probe.digest().toString());
    manifest(probe.digest());
  }

  /** No other tag names it, and nobody else makes the same. */
  private static Manifest standIn(Digest digest) {
    return artifact(
        Map.of(INSTEAD_OF, digest.toString(), "dev.osimage.id", UUID.randomUUID().toString()));
  }

  private static boolean standsFor(Manifest manifest, Digest digest) {
    try {
      var image = ImageManifest.parse(manifest.bytes());
      return STAND_IN.equals(image.artifactType())
          && digest.toString().equals(image.annotations().get(INSTEAD_OF));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static Manifest artifact(Map<String, String> annotations) {
    return Manifest.of(
        new ImageManifest(
            MediaTypes.IMAGE_MANIFEST,
            STAND_IN,
            MediaTypes.EMPTY_DESCRIPTOR,
            List.of(MediaTypes.EMPTY_DESCRIPTOR),
            null,
            annotations));
  }

  private static boolean names(Optional<Manifest> found, Digest digest) {
    return found.filter(manifest -> manifest.digest().equals(digest)).isPresent();
  }

  private void delete(String reference) {
    var doing = "deleting manifest " + reference;
    var request =
        new Request.Builder().url(registry.url("manifests", reference)).delete(NOTHING).build();
    try (var response = send(request, doing)) {
      registry.expect(response, doing, DELETED);
    }
  }

  private Response send(Request request, String doing) {
    try {
      return registry.send(request, Way.DIRECT, registry.delete(), doing);
    } catch (RegistryException e) {
      // The token server of Quay knows no such action: who may push there may delete.
      if (e.status() != 400) {
        throw e;
      }
      return registry.send(request, Way.DIRECT, registry.push(), doing);
    }
  }

  /** A bare 400 is not: Google's registry says it of a manifest that an index still names. */
  private static boolean isUnsupported(RegistryException failure) {
    return switch (failure.status()) {
      case 405, 501 -> true;
      default -> failure.kind() == Kind.REFUSED && failure.code().equals("UNSUPPORTED");
    };
  }
}
