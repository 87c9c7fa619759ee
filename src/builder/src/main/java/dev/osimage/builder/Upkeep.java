package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BootLook;
import dev.osimage.image.BuildStep;
import dev.osimage.image.Mounts;
import dev.osimage.image.RegistryTask;
import dev.osimage.image.RegistryTask.TaggedArtifact;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import dev.osimage.oci.registry.RegistryClient;
import dev.osimage.oci.registry.RegistryException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does a {@link RegistryTask}. */
final class Upkeep {

  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  private final RegistryTask task;
  private final Destination destination;
  private final RegistryClient registry;

  Upkeep(RegistryTask task, Mounts mounts, HttpTransport http, RetryPolicy retries) {
    this.task = task;
    var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(task.timeoutSeconds());
    var patience = new Patience(Duration.ofSeconds(task.credentialsWaitSeconds()), deadline);
    this.destination = new Destination(task.destination(), mounts, http, retries, patience);
    this.registry = destination.registry();
  }

  /** What machines would meet at the boot URLs, if the task names some and it can be seen. */
  Optional<BootLook> bootLook() {
    return task.bootUrls().isEmpty()
        ? Optional.empty()
        : new BootUrlProbe(destination.http()).look(task.bootUrls());
  }

  /** Does it; throws {@link BuildFailure} with what was found, or why it could not be done. */
  void run() {
    try {
      switch (task.kind()) {
        case CHECK -> check(task.artifacts().getFirst());
        case UNTAG -> each(this::untag);
        case DELETE -> each(this::delete);
      }
    } catch (RegistryException e) {
      throw destination.failure(BuildStep.CHECK, e);
    } catch (IOException e) {
      throw new IllegalStateException("a Secret can't be read", e);
    }
  }

  private void check(TaggedArtifact artifact) throws IOException {
    var lost = lost(artifact);
    if (!lost.isEmpty()) {
      throw new BuildFailure(
          BuildStep.CHECK,
          Reason.ARTIFACT_LOST,
          "the registry has lost %s of %s"
              .formatted(
                  String.join(" and ", lost),
                  task.destination().repository().at(artifact.digest())));
    }
    var moved = new ArrayList<String>();
    for (var tag : artifact.tags()) {
      moved(tag, artifact).ifPresent(moved::add);
    }
    // It may name another result of equal inputs: only its absence is somebody's doing.
    if (artifact.contentTag() != null && manifest(artifact.contentTag()).isEmpty()) {
      moved.add("the tag %s is gone".formatted(artifact.contentTag()));
    }
    if (!moved.isEmpty()) {
      throw new BuildFailure(
          BuildStep.CHECK,
          Reason.TAG_MOVED,
          "%s, instead of naming %s".formatted(String.join(" and ", moved), artifact.digest()));
    }
  }

  private List<String> lost(TaggedArtifact artifact) throws IOException {
    var manifest = manifest(artifact.digest().toString());
    if (manifest.isEmpty()) {
      return List.of("the manifest");
    }
    var image = ImageManifest.parse(manifest.get().bytes());
    var lost = new ArrayList<String>();
    for (var blob : Stream.concat(Stream.of(image.config()), image.layers().stream()).toList()) {
      if (!hasBlob(blob)) {
        lost.add("the blob %s (%s)".formatted(blob.digest(), blob.mediaType()));
      }
    }
    return lost;
  }

  private boolean hasBlob(Descriptor blob) throws IOException {
    return destination.patiently(() -> registry.hasBlob(blob));
  }

  private Optional<Manifest> manifest(String reference) throws IOException {
    return destination.patiently(() -> registry.manifest(reference));
  }

  private Optional<String> moved(String tag, TaggedArtifact artifact) throws IOException {
    var found = manifest(tag);
    if (found.isEmpty()) {
      return Optional.of("the tag %s is gone".formatted(tag));
    }
    return found.get().digest().equals(artifact.digest())
        ? Optional.empty()
        : Optional.of("the tag %s names %s".formatted(tag, found.get().digest()));
  }

  /** Does something to each artifact; what fails of one does not keep the others. */
  private void each(Removal removal) throws IOException {
    @Nullable RuntimeException first = null;
    for (var artifact : task.artifacts()) {
      try {
        removal.of(artifact);
      } catch (RegistryException | BuildFailure e) {
        LOG.warn("{}: {}", artifact.digest(), e.getMessage());
        first = first == null ? e : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }

  @FunctionalInterface
  private interface Removal {
    void of(TaggedArtifact artifact) throws IOException;
  }

  private void untag(TaggedArtifact artifact) throws IOException {
    for (var tag : artifact.tags()) {
      untag(tag, artifact);
    }
    if (artifact.contentTag() != null) {
      untag(artifact.contentTag(), artifact);
    }
  }

  private void untag(String tag, TaggedArtifact artifact) throws IOException {
    boolean removed = destination.patiently(() -> registry.untag(tag, artifact.digest()));
    LOG.info(
        "tag {}: {}", tag, removed ? "removed" : "left, it does not name " + artifact.digest());
  }

  private void delete(TaggedArtifact artifact) throws IOException {
    boolean removed;
    try {
      removed = deleteManifest(artifact);
    } catch (RegistryException e) {
      if (e.kind() != RegistryException.Kind.REFUSED) {
        throw e;
      }
      // Some registries delete no manifest that still has a tag.
      untag(artifact);
      removed = deleteManifest(artifact);
    }
    LOG.info("manifest {}: {}", artifact.digest(), removed ? "deleted" : "was not there");
  }

  private boolean deleteManifest(TaggedArtifact artifact) throws IOException {
    return destination.patiently(() -> registry.deleteManifest(artifact.digest()));
  }
}
