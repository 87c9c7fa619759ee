package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.operator.Settings;
import dev.osimage.operator.runtime.BuildMetrics;
import dev.osimage.operator.status.Events;
import dev.osimage.operator.status.StatusWriter;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.rate.RateLimited;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.Mappers;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings an OsImage from what it is to what its spec says: gather, decide, report, act. */
@ControllerConfiguration(
    name = "osimage",
    // Our own filter decides: the built-in one would miss a status that somebody wiped.
    generationAwareEventProcessing = false,
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 10, timeUnit = TimeUnit.MINUTES))
@GradualRetry(maxAttempts = -1, initialInterval = 2_000, maxInterval = 300_000)
@RateLimited(maxReconciliations = 10, within = 1)
public final class OsImageReconciler implements Reconciler<OsImage> {

  private static final Logger LOG = LoggerFactory.getLogger(OsImageReconciler.class);
  private static final Duration LATEST = Duration.ofMinutes(1);
  private static final Duration SOON = Duration.ofSeconds(1);

  private final Settings settings;
  private final Clock clock;
  private final Events events;
  private final Observer observer;
  private final StatusWriter statusWriter;
  private final Actions actions;
  private final BuildQueue queue;
  private final AttemptMeter meter;
  private final BuildMetrics metrics;

  /** Looks at objects with {@code client}, and counts what becomes of builds. */
  public OsImageReconciler(
      KubernetesClient client, Settings settings, Clock clock, BuildMetrics metrics) {
    this.settings = settings;
    this.clock = clock;
    this.events = new Events(client);
    this.observer = new Observer(client, settings, clock);
    this.statusWriter = new StatusWriter(client);
    this.actions = new Actions(client, settings, events);
    this.queue = new BuildQueue(settings.maxBuilds(), settings.maxBuildsPerRegistry());
    this.meter = new AttemptMeter(metrics);
    this.metrics = metrics;
  }

  @Override
  public List<EventSource<?, OsImage>> prepareEventSources(EventSourceContext<OsImage> context) {
    context.getPrimaryCache().addIndexer(TagOwners.INDEX, TagOwners::owned);
    var jobs =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Job.class, OsImage.class)
                .withLabelSelector(Labels.SELECTOR)
                .withSecondaryToPrimaryMapper(Mappers.fromOwnerReferences(OsImage.class))
                .build(),
            context);
    var pods =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Pod.class, OsImage.class)
                .withLabelSelector(Labels.SELECTOR)
                .withSecondaryToPrimaryMapper(OsImageReconciler::imageOf)
                .build(),
            context);
    return List.of(jobs, pods);
  }

  @Override
  public UpdateControl<OsImage> reconcile(OsImage image, Context<OsImage> context) {
    var observed =
        observer.observe(
            image,
            context.getSecondaryResources(Job.class),
            context.getSecondaryResources(Pod.class),
            new TagOwners(key -> context.getPrimaryCache().byIndex(TagOwners.INDEX, key))
                .conflict(image));
    var control = UpdateControl.<OsImage>noUpdate();
    if (observed.olderThanItsAttempts()) {
      return control.rescheduleAfter(SOON);
    }
    var decision = queued(image, observed, Decide.decide(observed, settings), context);
    var status = Report.status(image, observed, decision);
    // The status comes first: what it says of a build must outlive a crash in the middle of it, and
    // a failure is seen before it is acted upon.
    try (var _ = LogContext.of(status)) {
      if (!report(image, status, context) || !act(image, observed, decision)) {
        return control.rescheduleAfter(SOON);
      }
    }
    meter.count(image, observed, decision, context.getSecondaryResources(Pod.class));
    return nextLook(observed, decision).map(control::rescheduleAfter).orElse(control);
  }

  @Override
  public ErrorStatusUpdateControl<OsImage> updateErrorStatus(
      OsImage stale, Context<OsImage> context, Exception e) {
    // The status may have been written before the exception came.
    var image =
        context
            .eventSourceRetriever()
            .getControllerEventSource()
            .get(ResourceID.fromResource(stale))
            .orElse(stale);
    var before = Observer.status(image);
    // What is published or stalled stays so while the operator has a problem.
    if (!Report.isSettled(before, image.getMetadata().getGeneration())) {
      var status =
          Report.trouble(before, image.getMetadata().getGeneration(), clock.instant(), sentence(e));
      try {
        report(image, status, context);
      } catch (KubernetesClientException also) {
        e.addSuppressed(also);
      }
    }
    return ErrorStatusUpdateControl.noStatusUpdate();
  }

  private static String sentence(Exception e) {
    if (e instanceof KubernetesClientException k
        && k.getStatus() != null
        && k.getStatus().getMessage() != null) {
      return k.getStatus().getMessage();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private boolean act(OsImage image, Observed observed, Decision decision) {
    boolean done = false;
    try {
      done = actions.act(image, observed, decision);
      return done;
    } finally {
      if (!done) {
        // What could not be started takes no place.
        queue.leave(image.getMetadata().getUid());
      }
    }
  }

  /** A build that is to be started has to wait for its turn. */
  private Decision queued(
      OsImage image, Observed observed, Decision decision, Context<OsImage> context) {
    var uid = image.getMetadata().getUid();
    if (!(decision instanceof Decision.Start start)
        || !(observed.target() instanceof Target.Buildable target)) {
      queue.leave(uid);
      metrics.queueLength(queue.waiting());
      return decision;
    }
    var waited =
        queue.admit(
            uid, BuildQueue.Destination.of(target.plan()), running(context), observed.now());
    waited.ifPresent(metrics::waited);
    metrics.queueLength(queue.waiting());
    return waited.isPresent() ? decision : new Decision.Queued(start.number());
  }

  private List<BuildQueue.Running> running(Context<OsImage> context) {
    var jobs =
        (InformerEventSource<Job, OsImage>)
            context.eventSourceRetriever().getEventSourceFor(Job.class);
    var now = clock.instant();
    return jobs.list(job -> !AttemptReader.isRecorded(job))
        .flatMap(job -> running(job, now).stream())
        .toList();
  }

  private static Optional<BuildQueue.Running> running(Job job, Instant now) {
    var metadata = job.getMetadata();
    var active = job.getStatus() == null ? null : job.getStatus().getActive();
    // A Job that gets no pod, by a quota perhaps, takes no place from those that would build.
    boolean takesPlace =
        (active != null && active > 0)
            || Instant.parse(metadata.getCreationTimestamp()).plus(LATEST).isAfter(now);
    return metadata.getOwnerReferences().stream()
        .filter(owner -> owner.getKind().equals(OsImage.class.getSimpleName()))
        .findFirst()
        .map(owner -> new BuildQueue.Running(owner.getUid(), Labels.destination(job), takesPlace));
  }

  /** Writes the status unless it stands already; false when the object has changed meanwhile. */
  private boolean report(OsImage image, OsImageStatus status, Context<OsImage> context) {
    if (status.equals(image.getStatus())) {
      return true;
    }
    var written = statusWriter.write(image, status);
    if (written.isEmpty()) {
      LOG.debug("the object has changed meanwhile; looking again");
      return false;
    }
    // The next look must not see an older status than this one.
    context
        .eventSourceRetriever()
        .getControllerEventSource()
        .handleRecentResourceUpdate(ResourceID.fromResource(image), written.get(), image);
    events.onTransition(image, Observer.status(image), status);
    return true;
  }

  private Optional<Duration> nextLook(Observed observed, Decision decision) {
    return switch (decision) {
      case Decision.Start start -> Optional.of(whileBuilding());
      case Decision.Queued queued -> Optional.of(whileBuilding());
      case Decision.Wait wait -> Optional.of(whileBuilding());
      case Decision.Cancel cancel -> Optional.of(whileBuilding());
      case Decision.Expire expire -> Optional.of(SOON);
      case Decision.RetryLater later -> Optional.of(until(later.next(), observed));
      case Decision.Published published -> Optional.empty();
      case Decision.Stalled stalled -> stalled.next().map(next -> until(next, observed));
      case Decision.Suspended suspended -> Optional.empty();
    };
  }

  private static Duration until(Instant time, Observed observed) {
    var left = Duration.between(observed.now(), time).plusMillis(1);
    // When it is over, something else is waited for: the failed pod, or our own record.
    return left.compareTo(SOON) > 0 ? left : SOON;
  }

  /** Deadlines are seen late by this much at most. */
  private Duration whileBuilding() {
    var interval = settings.progressInterval();
    return interval.compareTo(LATEST) < 0 ? interval : LATEST;
  }

  private static Set<ResourceID> imageOf(Pod pod) {
    var name = pod.getMetadata().getLabels().get(Labels.IMAGE);
    return name == null ? Set.of() : Set.of(new ResourceID(name, pod.getMetadata().getNamespace()));
  }
}
