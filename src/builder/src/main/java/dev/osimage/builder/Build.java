package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BootHeader;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.BuilderLine.PublishedPart;
import dev.osimage.image.PartName;
import dev.osimage.oci.Digest;
import dev.osimage.oci.DigestMismatchException;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.registry.RegistryClient;
import dev.osimage.oci.registry.RegistryException;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One build: parts first, then the manifest by its digest, then the tags. */
final class Build {

  private static final Logger LOG = LoggerFactory.getLogger(Build.class);
  private static final int PARALLEL_PARTS = 3;
  private static final Duration TICK = Duration.ofMillis(500);

  private final BuildPlan plan;
  private final OkHttpClient http;
  private final RegistryClient registry;
  private final boolean withCredentials;
  private final Transfer transfer;
  private final long deadline;

  private Build(
      BuildPlan plan, OkHttpClient http, RegistryClient registry, boolean withCredentials) {
    this.withCredentials = withCredentials;
    this.plan = plan;
    this.http = http;
    this.registry = registry;
    this.transfer = new Transfer(plan.parts().size());
    this.deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(plan.timeoutSeconds());
  }

  /**
   * Publishes what the plan says and returns what was published. Throws {@link BuildFailure}; the
   * registry then has no manifest and no tag of this build, unless the failure came while tagging.
   */
  static BuilderLine.Result run(BuildPlan plan, Optional<Path> credentials, LineWriter lines) {
    var login = credentials.map(folder -> CredentialsFolder.read(folder, plan.repository()));
    var http = client();
    var registry =
        new RegistryClient(http, plan.repository(), plan.plainHttp(), login.orElse(null));
    return new Build(plan, http, registry, login.isPresent()).run(lines);
  }

  private static OkHttpClient client() {
    return new OkHttpClient.Builder()
        .protocols(List.of(Protocol.HTTP_1_1))
        .connectTimeout(Duration.ofSeconds(30))
        .writeTimeout(Duration.ofSeconds(60))
        // A registry on object storage copies a blob while it commits it.
        .readTimeout(Duration.ofMinutes(10))
        .callTimeout(Duration.ZERO)
        .build();
  }

  private BuilderLine.Result run(LineWriter lines) {
    try (var clock = Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory())) {
      var ticks =
          clock.scheduleAtFixedRate(
              () -> {
                if (timeLeft() <= 0) {
                  http.dispatcher().cancelAll();
                }
                transfer.report(lines::write);
              },
              TICK.toMillis(),
              TICK.toMillis(),
              TimeUnit.MILLISECONDS);
      try {
        return publish();
      } catch (BuildFailure e) {
        throw timeLeft() <= 0 ? timeout(e) : e;
      } finally {
        ticks.cancel(true);
      }
    }
  }

  private long timeLeft() {
    return deadline - System.nanoTime();
  }

  private BuildFailure timeout(@Nullable Exception cause) {
    return new BuildFailure(
        Reason.BUILD_TIMEOUT,
        "the build did not end within %d s (spec.timeout)".formatted(plan.timeoutSeconds()),
        cause);
  }

  private BuilderLine.Result publish() {
    var config = plan.config().bytes();
    push(Digest.of(config), config);
    var sizes = pushParts();
    try {
      var manifest = plan.manifest(sizes).toBytes();
      var digest = registry.pushManifest(manifest, MediaTypes.IMAGE_MANIFEST);
      registry.tag(manifest, MediaTypes.IMAGE_MANIFEST, plan.contentTag());
      for (var tag : plan.tags()) {
        registry.tag(manifest, MediaTypes.IMAGE_MANIFEST, tag);
      }
      return result(digest, sizes);
    } catch (RegistryException e) {
      throw failure(e);
    }
  }

  private BuilderLine.Result result(Digest digest, Map<PartName, Long> sizes) {
    var parts =
        plan.parts().stream()
            .map(part ->
                new PublishedPart(
                    part.name(),
                    part.mediaType(),
                    part.digest(),
                    sizes.getOrDefault(part.name(), 0L)))
            .toList();
    var finishedAt = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    return new BuilderLine.Result(BuilderLine.Result.VERSION, digest, parts, finishedAt);
  }

  private Map<PartName, Long> pushParts() {
    var sizes = new EnumMap<PartName, Long>(PartName.class);
    try (var executor =
        Executors.newFixedThreadPool(PARALLEL_PARTS, Thread.ofVirtual().factory())) {
      var pushes = new ExecutorCompletionService<PublishedSize>(executor);
      plan.parts().forEach(part -> pushes.submit(() -> pushPart(part)));
      try {
        for (int i = 0; i < plan.parts().size(); i++) {
          var next = pushes.poll(timeLeft(), TimeUnit.NANOSECONDS);
          if (next == null) {
            stop(executor);
            throw timeout(null);
          }
          var pushed = next.get();
          sizes.put(pushed.part(), pushed.size());
        }
      } catch (ExecutionException e) {
        stop(executor);
        throw e.getCause() instanceof RuntimeException failure
            ? failure
            : new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        stop(executor);
        throw new IllegalStateException("interrupted", e);
      }
    }
    return sizes;
  }

  /** Ends all transfers; the interrupt closes sources, which are nobody's calls any more. */
  private void stop(ExecutorService executor) {
    executor.shutdownNow();
    http.dispatcher().cancelAll();
  }

  private record PublishedSize(PartName part, long size) {}

  private PublishedSize pushPart(PlannedPart part) {
    try {
      var present = registry.blobSize(part.digest());
      long size = present.isPresent() ? present.getAsLong() : send(part);
      if (present.isPresent()) {
        checkHeader(part, () -> registry.blobStart(part.digest(), BootHeader.LENGTH));
        LOG.info("{} is in the registry already", part.name().text());
      }
      transfer.partDone(present);
      return new PublishedSize(part.name(), size);
    } catch (RegistryException e) {
      throw failure(e);
    }
  }

  private long send(PlannedPart part) {
    try (var source = PartSource.open(part, http)) {
      var content = new BufferedInputStream(transfer.counted(source), BootHeader.LENGTH);
      checkHeader(part, () -> peek(content));
      long size = registry.pushBlob(part.digest(), content, source.length());
      LOG.info("{}: {} bytes", part.name().text(), size);
      return size;
    } catch (IOException e) {
      throw PartSource.readFailure(part, e);
    } catch (DigestMismatchException e) {
      throw new BuildFailure(
          Reason.DIGEST_MISMATCH,
          "%s: expected %s, found %s (%d bytes); correct the digest or the file"
              .formatted(part.name().text(), e.expected(), e.actual(), e.size()));
    }
  }

  private interface Start {
    byte[] read() throws IOException;
  }

  private void checkHeader(PlannedPart part, Start start) {
    if (!part.checkHeader()) {
      return;
    }
    try {
      BootHeader.problem(part.name(), plan.architecture(), start.read())
          .ifPresent(problem -> {
            throw new BuildFailure(
                Reason.NOT_BOOTABLE,
                "%s %s; correct the file or spec.architecture (bootCheck: \"Off\" publishes anything)"
                    .formatted(part.name().text(), problem));
          });
    } catch (IOException e) {
      throw PartSource.readFailure(part, e);
    }
  }

  private static byte[] peek(InputStream content) throws IOException {
    content.mark(BootHeader.LENGTH);
    var start = content.readNBytes(BootHeader.LENGTH);
    content.reset();
    return start;
  }

  private void push(Digest digest, byte[] content) {
    try {
      if (registry.blobSize(digest).isEmpty()) {
        registry.pushBlob(
            digest, new ByteArrayInputStream(content), OptionalLong.of(content.length));
      }
    } catch (RegistryException e) {
      throw failure(e);
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory failed", e);
    }
  }

  private BuildFailure failure(RegistryException e) {
    var message = String.valueOf(e.getMessage());
    return switch (e.kind()) {
      case UNAUTHORIZED -> unauthorized(e, message);
      case UNAVAILABLE -> new BuildFailure(Reason.REGISTRY_UNAVAILABLE, message, e);
      case UNTRUSTED -> new BuildFailure(Reason.UNTRUSTED_CERTIFICATE, message, e);
      case REFUSED, PROTOCOL -> new BuildFailure(Reason.REGISTRY_REFUSED, message, e);
    };
  }

  private BuildFailure unauthorized(RegistryException e, String message) {
    return withCredentials
        ? new BuildFailure(
            Reason.CREDENTIALS_REFUSED,
            "the registry refuses the credentials of the Secret in destination.secretRef, or wants"
                + " more rights for them: "
                + message,
            e)
        : new BuildFailure(
            Reason.CREDENTIALS_MISSING,
            "the registry asks for credentials: name a Secret in destination.secretRef: " + message,
            e);
  }
}
