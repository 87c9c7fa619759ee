package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.image.RegistryTask;
import dev.osimage.operator.Settings;
import dev.osimage.operator.boot.BootFinding;
import dev.osimage.operator.boot.BootProbes;
import dev.osimage.operator.boot.BootUrls;
import dev.osimage.operator.runtime.BuildMetrics;
import dev.osimage.operator.status.Events;
import dev.osimage.operator.status.StatusWriter;
import io.fabric8.kubernetes.api.model.HasMetadata;
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
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings an OsImage from what it is to what its spec says: gather, decide, report, act. */
@ControllerConfiguration(
    name = "osimage",
    // Our own filter decides: the built-in one would miss a status that somebody wiped.
    generationAwareEventProcessing = false,
    // Only those with something at the registry to be removed have a finalizer.
    triggerReconcilerOnAllEvents = true,
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 10, timeUnit = TimeUnit.MINUTES))
@GradualRetry(maxAttempts = -1, initialInterval = 2_000, maxInterval = 300_000)
@RateLimited(maxReconciliations = 10, within = 1)
public final class OsImageReconciler implements Reconciler<OsImage> {

  private static final Logger LOG = LoggerFactory.getLogger(OsImageReconciler.class);
  private static final Duration LATEST = Duration.ofMinutes(1);
  private static final Duration QUEUED = Duration.ofSeconds(30);
  private static final Duration SOON = Duration.ofSeconds(1);

  private final SimpleInboundEventSource<OsImage> calls = new SimpleInboundEventSource<>("turns");
  private final Settings settings;
  private final Clock clock;
  private final Events events;
  private final Observer observer;
  private final StatusWriter statusWriter;
  private final Actions actions;
  private final Tasks tasks;
  private final Departure departure;
  private final Turns turns;
  private final AttemptMeter meter;
  private final BootProbes probes;

  /** Looks at objects with {@code client}, and counts what becomes of builds. */
  public OsImageReconciler(
      KubernetesClient client, Settings settings, Clock clock, BuildMetrics metrics) {
    this.settings = settings;
    this.clock = clock;
    this.events = new Events(client);
    this.observer = new Observer(client, settings, clock);
    this.statusWriter = new StatusWriter(client);
    this.actions = new Actions(client, settings, events);
    this.tasks = new Tasks(client, settings);
    this.departure = new Departure(settings, tasks, actions, events, metrics);
    this.turns = new Turns(settings, metrics, calls::propagateEvent);
    this.meter = new AttemptMeter(metrics);
    this.probes =
        new BootProbes(settings.builderNetwork().transport(), calls::propagateEvent, clock);
  }

  @Override
  public List<EventSource<?, OsImage>> prepareEventSources(EventSourceContext<OsImage> context) {
    context.getPrimaryCache().addIndexer(TagOwners.INDEX, TagOwners::owned);
    context.getPrimaryCache().addIndexer(Claims.INDEX, Claims::of);
    var jobs =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Job.class, OsImage.class)
                .withLabelSelector(Labels.SELECTOR)
                .withSecondaryToPrimaryMapper(OsImageReconciler::imageOf)
                .build(),
            context);
    var pods =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Pod.class, OsImage.class)
                .withLabelSelector(Labels.SELECTOR)
                .withSecondaryToPrimaryMapper(OsImageReconciler::imageOf)
                .build(),
            context);
    return List.of(jobs, pods, calls);
  }

  @Override
  public UpdateControl<OsImage> reconcile(OsImage found, Context<OsImage> context) {
    var control = UpdateControl.<OsImage>noUpdate();
    Supplier<Stream<Job>> jobs = () -> jobs(context).list(job -> true);
    if (context.isPrimaryResourceDeleted()) {
      turns.leave(found);
      probes.forget(ResourceID.fromResource(found));
      turns.callNext(jobs, clock.instant());
      return control;
    }
    var image = departure.prepared(found, context);
    var observed = observe(image, context);
    if (observed.olderThanItsAttempts()) {
      return control.rescheduleAfter(SOON);
    }
    meter.count(observed.tasks());
    var claims = new Claims(key -> context.getPrimaryCache().byIndex(Claims.INDEX, key));
    if (image.isMarkedForDeletion()) {
      turns.leave(image);
      turns.callNext(jobs, observed.now());
      return depart(image, observed, claims, context).map(control::rescheduleAfter).orElse(control);
    }
    var decision = turns.build(image, observed, Decide.decide(observed, settings), jobs);
    if (!(decision instanceof Decision.Start || decision instanceof Decision.Queued)) {
      turns.callNext(jobs, observed.now());
    }
    var chore =
        turns.task(Chores.decide(image, observed, decision, settings, claims), observed, jobs);
    // Last of all, since what was asked of the caches before is only worth something if this holds.
    if (!claims.know(image)) {
      return control.rescheduleAfter(SOON);
    }
    var status =
        bootUrls(chore).in(image, Report.status(image, observed, decision, chore), observed.now());
    // The status comes first: what it says of a build must outlive a crash in the middle of it, and
    // a failure is seen before it is acted upon.
    try (var _ = LogContext.of(status)) {
      if (!report(image, status, context)
          || isUntagging(image, observed, decision)
          || !act(image, observed, decision)) {
        return control.rescheduleAfter(SOON);
      }
      act(image, observed, chore);
    }
    meter.count(image, observed, decision, context.getSecondaryResources(Pod.class));
    return earliest(nextLook(observed, decision), nextLook(observed, chore))
        .map(control::rescheduleAfter)
        .orElse(control);
  }

  private BootUrls bootUrls(Chore chore) {
    return settings
        .gatewayUrl()
        .map(url -> BootUrls.ofGateway(url, probes))
        .orElseGet(() ->
            BootUrls.ofRegistry(
                chore instanceof Chore.Note(var task, var end)
                    ? end.bootLook()
                        .map(it -> new BootFinding(it.reachable(), it.reason(), it.message()))
                    : Optional.empty()));
  }

  private Observed observe(OsImage image, Context<OsImage> context) {
    return observer.observe(
        image,
        context.getSecondaryResources(Job.class),
        context.getSecondaryResources(Pod.class),
        // What a deleted object published earlier is its own, whoever has its tags now.
        image.isMarkedForDeletion()
            ? Optional.empty()
            : new TagOwners(key -> context.getPrimaryCache().byIndex(TagOwners.INDEX, key))
                .conflict(image));
  }

  /** What a deleted object needs before it may go; empty when something else will wake us up. */
  private Optional<Duration> depart(
      OsImage image, Observed observed, Claims claims, Context<OsImage> context) {
    if (!image.hasFinalizer(OsImage.FINALIZER)) {
      return Optional.empty();
    }
    var farewell = Farewell.decide(image, observed, settings, claims);
    if (!claims.know(image)
        || !report(image, departure.status(image, observed, farewell), context)) {
      // It may be gone: nothing is to be removed then that somebody else may publish meanwhile.
      return Optional.of(SOON);
    }
    return departure.act(image, observed, farewell, context);
  }

  private void act(OsImage image, Observed observed, Chore chore) {
    observed.tasks().stream()
        .filter(task -> Chores.isOver(observed, task, settings))
        .forEach(task -> clear(image, task));
    if (chore instanceof Chore.Start start
        && observed.target() instanceof Target.Buildable target) {
      try {
        tasks.start(image, start, target.plan().destination());
      } catch (KubernetesClientException e) {
        if (!Actions.namespaceEnds(e)) {
          throw e;
        }
      }
    }
  }

  /** What was found is in the status; why something was not removed is said here. */
  private void clear(OsImage image, Task task) {
    task.end()
        .filter(end -> task.kind() == RegistryTask.Kind.UNTAG && end.reason() != Reason.SUCCEEDED)
        .ifPresent(end -> events.warn(image, end.reason().text(), end.message()));
    tasks.clear(image, task);
  }

  /** What is being untagged may be what is built next: that is ended first. */
  private boolean isUntagging(OsImage image, Observed observed, Decision decision) {
    if (!(decision instanceof Decision.Start)) {
      return false;
    }
    var untagging =
        observed.tasks().stream()
            .filter(task -> task.kind() == RegistryTask.Kind.UNTAG && task.running())
            .toList();
    untagging.forEach(task -> tasks.end(image, task));
    return !untagging.isEmpty();
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
        turns.leave(image);
      }
    }
  }

  private static InformerEventSource<Job, OsImage> jobs(Context<OsImage> context) {
    return (InformerEventSource<Job, OsImage>)
        context.eventSourceRetriever().getEventSourceFor(Job.class);
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
      // Its turn wakes us up, unless a build ended of which nobody took notice.
      case Decision.Queued queued -> Optional.of(QUEUED);
      case Decision.Wait wait -> Optional.of(whileBuilding());
      case Decision.Cancel cancel -> Optional.of(whileBuilding());
      case Decision.Expire expire -> Optional.of(SOON);
      case Decision.RetryLater later -> Optional.of(until(later.next(), observed));
      case Decision.Published published -> Optional.empty();
      case Decision.Stalled stalled -> stalled.next().map(next -> until(next, observed));
      case Decision.Suspended suspended -> Optional.empty();
    };
  }

  private Optional<Duration> nextLook(Observed observed, Chore chore) {
    return switch (chore) {
      case Chore.Nothing nothing -> nothing.next().map(next -> until(next, observed));
      case Chore.Start start -> Optional.of(LATEST);
      // Its end wakes us up, unless its pod can't end.
      case Chore.Wait wait -> Optional.of(LATEST);
      case Chore.Note note -> Optional.of(SOON);
    };
  }

  private static Optional<Duration> earliest(Optional<Duration> one, Optional<Duration> other) {
    return Stream.concat(one.stream(), other.stream()).min(Comparator.naturalOrder());
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

  private static Set<ResourceID> imageOf(HasMetadata object) {
    var metadata = object.getMetadata();
    var name = metadata.getLabels().get(Labels.IMAGE);
    return name == null ? Set.of() : Set.of(new ResourceID(name, metadata.getNamespace()));
  }
}
