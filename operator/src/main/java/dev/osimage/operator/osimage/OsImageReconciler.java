package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.operator.Settings;
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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
  private static final Duration SOON = Duration.ofSeconds(1);

  private final Settings settings;
  private final Clock clock;
  private final Events events;
  private final Observer observer;
  private final StatusWriter statusWriter;
  private final Actions actions;
  private @Nullable InformerEventSource<Job, OsImage> jobs;

  public OsImageReconciler(KubernetesClient client, Settings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
    this.events = new Events(client);
    this.observer = new Observer(client, settings, clock);
    this.statusWriter = new StatusWriter(client);
    this.actions = new Actions(client, settings, events, this::remember);
  }

  @Override
  public List<EventSource<?, OsImage>> prepareEventSources(EventSourceContext<OsImage> context) {
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
    this.jobs = jobs;
    return List.of(jobs, pods);
  }

  @Override
  public UpdateControl<OsImage> reconcile(OsImage image, Context<OsImage> context) {
    if (image.isMarkedForDeletion()) {
      return UpdateControl.noUpdate();
    }
    var observed =
        observer.observe(
            image,
            context.getSecondaryResources(Job.class),
            context.getSecondaryResources(Pod.class));
    var decision = Decide.decide(observed, settings);
    var control = UpdateControl.<OsImage>noUpdate();
    // The status comes first: what it says of a build must outlive a crash in the middle of it, and
    // a failure is seen before it is acted upon.
    if (!report(image, Report.status(image, observed, decision), context)
        || !actions.act(image, observed, decision)) {
      return control.rescheduleAfter(SOON);
    }
    return nextLook(observed, decision).map(control::rescheduleAfter).orElse(control);
  }

  @Override
  public ErrorStatusUpdateControl<OsImage> updateErrorStatus(
      OsImage image, Context<OsImage> context, Exception e) {
    var before = Observer.status(image);
    // What is published stays published while the operator has a problem.
    if (!Report.isReady(before, image.getMetadata().getGeneration())) {
      var status =
          Report.trouble(before, image.getMetadata().getGeneration(), clock.instant(), sentence(e));
      report(image, status, context);
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
      case Decision.Start start -> Optional.of(settings.progressInterval());
      case Decision.Wait wait -> Optional.of(settings.progressInterval());
      case Decision.Cancel cancel -> Optional.of(settings.progressInterval());
      case Decision.Expire expire -> Optional.of(SOON);
      case Decision.RetryLater later -> {
        var left = Duration.between(observed.now(), later.next()).plusMillis(1);
        yield Optional.of(left.compareTo(SOON) > 0 ? left : SOON);
      }
      case Decision.Published published -> Optional.empty();
      case Decision.Stalled stalled -> Optional.empty();
      case Decision.Suspended suspended -> Optional.empty();
    };
  }

  private static Set<ResourceID> imageOf(Pod pod) {
    var name = pod.getMetadata().getLabels().get(Labels.IMAGE);
    return name == null ? Set.of() : Set.of(new ResourceID(name, pod.getMetadata().getNamespace()));
  }

  /** Lets the next look see the Job even when the watch has not told yet. */
  private void remember(Job job) {
    if (jobs != null) {
      jobs.handleRecentResourceCreate(ResourceID.fromResource(job), job);
    }
  }
}
