package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildStep;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.BuilderLine.PublishedPart;
import dev.osimage.image.Mounts;
import dev.osimage.image.PartName;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import dev.osimage.oci.registry.RegistryException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One build: parts first, then the manifest by its digest, then the tags. */
final class Build {

  private static final Logger LOG = LoggerFactory.getLogger(Build.class);
  private static final Duration TICK = Duration.ofMillis(500);
  private static final Duration GRACE = Duration.ofSeconds(4);

  private final BuildPlan plan;
  private final HttpTransport http;
  private final RetryPolicy retries;
  private final LineWriter lines;
  private final Destination destination;
  private final Sources sources;
  private final Transfer transfer;
  private final long deadline;

  /** Where the build stands; what fails meanwhile may know it better. */
  private BuildStep step = BuildStep.PUSH;

  private Build(
      BuildPlan plan, Mounts mounts, HttpTransport http, RetryPolicy retries, LineWriter lines) {
    this.plan = plan;
    this.http = http;
    this.retries = retries;
    this.lines = lines;
    this.deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(plan.timeoutSeconds());
    var patience = new Patience(Duration.ofSeconds(plan.credentialsWaitSeconds()), deadline);
    this.destination = new Destination(plan.destination(), mounts, http, retries, patience);
    this.sources = new Sources(plan, mounts, http, retries, patience);
    this.transfer = new Transfer(plan.parts().size(), plan.sources().size());
  }

  /**
   * Publishes what the plan says, closes {@code http}, and returns what was published. Throws
   * {@link BuildFailure}; the registry then has no manifest and no tag of this build, unless the
   * failure came while tagging.
   */
  static BuilderLine.Result run(
      BuildPlan plan, Mounts mounts, HttpTransport http, RetryPolicy retries, LineWriter lines) {
    try (http) {
      var trusting = Sources.trusting(http, plan.network().caBundle());
      return new Build(plan, mounts, trusting, retries, lines).run();
    }
  }

  private BuilderLine.Result run() {
    try (var clock = Executors.newSingleThreadScheduledExecutor(threads("clock-"))) {
      var ticks =
          clock.scheduleAtFixedRate(
              () -> {
                // The transfers get a moment to take back what they have begun.
                if (timeLeft() <= -GRACE.toNanos()) {
                  http.close();
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
      } catch (RegistryException e) {
        var at = step == BuildStep.TRANSFER ? BuildStep.PUSH : step;
        throw timeLeft() <= 0 ? timeout(e) : destination.failure(at, e);
      } catch (IOException e) {
        throw new IllegalStateException("reading from memory failed", e);
      } finally {
        ticks.cancel(true);
      }
    }
  }

  /**
   * Not virtual: a process that waited for the network on a virtual thread needs 0.3 s to exit,
   * because the JVM gives its poller that long to come back from the system.
   */
  private static ThreadFactory threads(String name) {
    return Thread.ofPlatform().daemon().name(name, 0).factory();
  }

  private long timeLeft() {
    return deadline - System.nanoTime();
  }

  private BuildFailure timeout(@Nullable Exception cause) {
    return new BuildFailure(
        cause instanceof BuildFailure failure ? failure.step() : step,
        Reason.BUILD_TIMEOUT,
        "the build did not end within %d s (spec.timeout)".formatted(plan.timeoutSeconds()),
        cause);
  }

  private BuilderLine.Result publish() throws IOException {
    destination.pushConfig(plan.config().bytes());
    step = BuildStep.TRANSFER;
    var published = pushParts();
    step = BuildStep.MANIFEST;
    var manifest = Manifest.of(plan.manifest(published));
    var registry = destination.registry();
    destination.patiently(() -> {
      registry.writeManifest(manifest);
      return manifest;
    });
    step = BuildStep.TAG;
    tag(manifest, plan.contentTag());
    for (var tag : plan.destination().tags()) {
      tag(manifest, tag);
    }
    return result(manifest.digest(), published);
  }

  private void tag(Manifest manifest, String tag) throws IOException {
    destination.patiently(() -> {
      destination.registry().tag(manifest, tag);
      return tag;
    });
  }

  private BuilderLine.Result result(Digest digest, Map<PartName, PublishedPart> published) {
    var parts =
        plan.parts().stream()
            .flatMap(part -> Optional.ofNullable(published.get(part.name())).stream())
            .toList();
    var finishedAt = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    return new BuilderLine.Result(BuilderLine.Result.VERSION, digest, parts, finishedAt);
  }

  private Map<PartName, PublishedPart> pushParts() {
    var published = new EnumMap<PartName, PublishedPart>(PartName.class);
    try (var executor = Executors.newThreadPerTaskExecutor(threads("source-"));
        var end = new AtEndOfProcess(() -> stop(executor))) {
      assert end != null;
      var pushes = new ExecutorCompletionService<Map<PartName, PublishedPart>>(executor);
      for (int i = 0; i < plan.sources().size(); i++) {
        int index = i;
        pushes.submit(() -> pushSource(index));
      }
      try {
        for (int i = 0; i < plan.sources().size(); i++) {
          var next = pushes.poll(timeLeft(), TimeUnit.NANOSECONDS);
          if (next == null) {
            stop(executor);
            throw timeout(null);
          }
          published.putAll(next.get());
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
    return published;
  }

  /**
   * Ends all transfers, by an interrupt first: each then tells the registry to forget its blobs.
   */
  private void stop(ExecutorService executor) {
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("transfers did not end by themselves");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.close();
  }

  private Map<PartName, PublishedPart> pushSource(int index) {
    var meter = transfer.of(index);
    var parts =
        new SourceParts(
                plan, index, sources.get(index), destination, http, retries, meter, lines::write)
            .send();
    transfer.done(parts.size());
    return parts;
  }
}
