package dev.osimage.oci.registry;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageIndex;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.http.Origins;
import dev.osimage.oci.registry.RegistryConnection.Way;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * The manifests that say something about another one (distribution-spec, "Listing referrers", and
 * "Referrers Tag Schema" for registries without that API). Whether a registry has the API is found
 * out by calling it: what it says in headers of other answers is not to be relied on.
 */
final class Referrers {

  private static final int MOST = 1000;
  private static final int MOST_PAGES = 100;
  private static final int MERGES = 5;

  private final RegistryConnection registry;
  private final Manifests manifests;

  Referrers(RegistryConnection registry, Manifests manifests) {
    this.registry = registry;
    this.manifests = manifests;
  }

  List<Descriptor> of(Digest subject) {
    var listed = registry.retrying(number -> fromApi(subject));
    if (listed.isEmpty()) {
      var doing = "reading the referrers of " + subject;
      listed =
          Optional.of(
              fallback(subject).map(index -> readable(index.bytes(), doing)).orElse(List.of()));
    }
    // By digest: an index that two wrote may name one twice.
    var distinct = new LinkedHashMap<Digest, Descriptor>();
    listed.get().forEach(referrer -> distinct.putIfAbsent(referrer.digest(), referrer));
    return distinct.values().stream()
        .limit(MOST)
        .map(referrer -> described(referrer, subject))
        .flatMap(Optional::stream)
        .toList();
  }

  /** With the artifact type and annotations that the manifest itself has; empty if it is gone. */
  private Optional<Descriptor> described(Descriptor listed, Digest subject) {
    var manifest = registry.retrying(number -> manifests.get(listed.digest().toString()));
    return manifest
        .flatMap(found -> read(found))
        .filter(found -> subject.equals(found.subject))
        .map(found -> found.descriptor);
  }

  /** Empty for what is no manifest: anybody may have written it, and it spoils no list. */
  private static Optional<Described> read(Manifest manifest) {
    try {
      return Optional.of(describe(manifest));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private record Described(Descriptor descriptor, @Nullable Digest subject) {}

  private static Described describe(Manifest manifest) {
    if (manifest.isIndex()) {
      var index = ImageIndex.parse(manifest.bytes());
      return described(manifest, index.artifactType(), index.subject(), index.annotations());
    }
    var image = ImageManifest.parse(manifest.bytes());
    return described(manifest, image.effectiveArtifactType(), image.subject(), image.annotations());
  }

  private static Described described(
      Manifest manifest,
      @Nullable String artifactType,
      @Nullable Descriptor subject,
      Map<String, String> annotations) {
    return new Described(
        new Descriptor(
            manifest.mediaType(),
            manifest.digest(),
            manifest.bytes().length,
            annotations,
            null,
            artifactType),
        subject == null ? null : subject.digest());
  }

  /** Everything that the API lists; empty when the registry has no such API. */
  private Optional<List<Descriptor>> fromApi(Digest subject) {
    var found = new ArrayList<Descriptor>();
    var page = registry.url("referrers", subject.toString());
    for (int pages = 0; pages < MOST_PAGES && found.size() < MOST; pages++) {
      var doing = "listing referrers of " + subject;
      var request =
          new Request.Builder()
              .url(page)
              // Artifactory answers 406 where anything else is not accepted as well.
              .header("Accept", MediaTypes.IMAGE_INDEX + ", */*;q=0.1")
              .build();
      try (var response = registry.send(request, Way.FOLLOW, registry.pull(), doing)) {
        if (!isApi(response, doing)) {
          return Optional.empty();
        }
        found.addAll(readable(bounded(response, doing), doing));
        var next = Link.next(response.headers("Link"), response.request().url());
        if (next.isEmpty()) {
          return Optional.of(found);
        }
        page = checked(next.get(), doing);
      } catch (IOException e) {
        throw RegistryFailure.of(registry.base(), doing, e);
      }
    }
    if (found.size() < MOST) {
      throw registry.protocol(
          "listing referrers of " + subject, "a list of more than " + MOST_PAGES + " pages");
    }
    return Optional.of(found);
  }

  private HttpUrl checked(HttpUrl next, String doing) {
    if (!Origins.same(next, registry.base())) {
      throw registry.protocol(doing, "a next page on another server");
    }
    return next;
  }

  private boolean isApi(Response response, String doing) {
    if (response.code() == 200) {
      var type = response.header("Content-Type", "");
      // A proxy, or a single-page application, answers 200 to everything.
      return type != null && type.startsWith(MediaTypes.IMAGE_INDEX);
    }
    if (Set.of(400, 404, 405, 406, 501).contains(response.code())) {
      return false;
    }
    throw registry.failure(response, doing);
  }

  private byte[] bounded(Response response, String doing) throws IOException {
    var bytes = response.body().byteStream().readNBytes(Manifest.MAX_BYTES + 1);
    if (bytes.length > Manifest.MAX_BYTES) {
      throw registry.protocol(doing, "a list of more than 8 MiB");
    }
    return bytes;
  }

  private List<Descriptor> readable(byte[] bytes, String doing) {
    try {
      return ImageIndex.readableManifests(bytes);
    } catch (IllegalArgumentException e) {
      throw registry.protocol(doing, "a list that can't be read: " + e.getMessage());
    }
  }

  private ImageIndex index(byte[] bytes, String doing) {
    try {
      return ImageIndex.parse(bytes);
    } catch (IllegalArgumentException e) {
      throw registry.protocol(doing, "a list that can't be read: " + e.getMessage());
    }
  }

  private static String fallbackTag(Digest subject) {
    return "sha256-" + subject.hex();
  }

  private Optional<Manifest> fallback(Digest subject) {
    var tag = fallbackTag(subject);
    var manifest = registry.retrying(number -> manifests.get(tag));
    if (manifest.isPresent() && !manifest.get().isIndex()) {
      throw registry.protocol(
          "reading the referrers under tag " + tag,
          "something that is not an index: somebody uses the tag otherwise");
    }
    return manifest;
  }

  /** All of it: what can't be read would be lost when the index is written again. */
  private Optional<ImageIndex> wholeFallback(Digest subject) {
    return fallback(subject)
        .map(manifest -> index(manifest.bytes(), "reading the referrers of " + subject));
  }

  /** Lets those that were written be found, where the registry does not do it itself. */
  void added(Digest subject, List<Manifest> added) {
    var api = registry.retrying(number -> fromApi(subject));
    if (api.isPresent()) {
      return;
    }
    var entries = added.stream().map(manifest -> describe(manifest).descriptor).toList();
    try (var lock = SubjectLock.take(registry.repository(), subject)) {
      assert lock != null;
      for (int merge = 0; merge < MERGES; merge++) {
        var index = wholeFallback(subject).orElse(new ImageIndex(List.of()));
        if (index.manifests().containsAll(entries)) {
          return;
        }
        var merged = index.withManifests(merged(index.manifests(), entries));
        manifests.put(Manifest.of(merged), fallbackTag(subject));
        // Another machine may have written its own at this moment: whoever comes last looks again.
        pause();
      }
      var present = wholeFallback(subject).map(ImageIndex::manifests).orElse(List.of());
      if (!present.containsAll(entries)) {
        throw registry.protocol(
            "adding referrers of " + subject,
            "an index without them: others write it at the same time, or it is cached");
      }
    }
  }

  private static List<Descriptor> merged(List<Descriptor> present, List<Descriptor> entries) {
    var all = new LinkedHashMap<Digest, Descriptor>();
    present.forEach(entry -> all.put(entry.digest(), entry));
    entries.forEach(entry -> all.put(entry.digest(), entry));
    return List.copyOf(all.values());
  }

  private void pause() {
    long longest = registry.retries().firstWait().toMillis();
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
