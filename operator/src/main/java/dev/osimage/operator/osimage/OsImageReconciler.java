package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.image.Planner;
import dev.osimage.operator.Settings;
import dev.osimage.operator.status.Conditions;
import dev.osimage.operator.status.Events;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
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
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Brings an OsImage from what it is to what its spec says: gather, decide, act, report. */
@ControllerConfiguration(
    name = "osimage",
    // Our own filter decides: the built-in one would miss a status that somebody wiped.
    generationAwareEventProcessing = false,
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 10, timeUnit = TimeUnit.MINUTES))
@GradualRetry(maxAttempts = -1, initialInterval = 2_000, maxInterval = 300_000)
@RateLimited(maxReconciliations = 20, within = 10)
public final class OsImageReconciler implements Reconciler<OsImage> {

  private static final int LOG_LINES = 20;
  private static final Duration SOON = Duration.ofSeconds(1);

  private final KubernetesClient client;
  private final Settings settings;
  private final Clock clock;
  private final Events events;
  private final AttemptReader reader;
  private final Actions actions;
  private @Nullable InformerEventSource<Job, OsImage> jobs;

  public OsImageReconciler(KubernetesClient client, Settings settings, Clock clock) {
    this.client = client;
    this.settings = settings;
    this.clock = clock;
    this.events = new Events(client);
    this.reader = new AttemptReader(this::logTail);
    this.actions = new Actions(client, settings, this::remember);
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
    var observed = gather(image, context);
    var decision = Decide.decide(observed, settings);
    try {
      actions.act(image, observed, decision);
    } catch (StaleCacheException e) {
      return UpdateControl.<OsImage>noUpdate().rescheduleAfter(SOON);
    }
    if (decision instanceof Decision.Start) {
      Planner.warning(image.getSpec())
          .ifPresent(warning -> events.warn(image, "RootfsAndSquashfs", warning));
    }
    var status = Report.status(image, observed, decision);
    events.onTransition(image, observed.status(), status);
    var control =
        status.equals(image.getStatus())
            ? UpdateControl.<OsImage>noUpdate()
            : UpdateControl.patchStatus(withStatus(image, status));
    return nextLook(observed, decision).map(control::rescheduleAfter).orElse(control);
  }

  @Override
  public ErrorStatusUpdateControl<OsImage> updateErrorStatus(
      OsImage image, Context<OsImage> context, Exception e) {
    var before = statusOf(image);
    var message = "the operator could not go on and tries again: " + e.getMessage();
    var conditions =
        new Conditions(
                before.effectiveConditions(), image.getMetadata().getGeneration(), clock.instant())
            .progressing(Reason.INTERNAL_ERROR, message);
    var status =
        new OsImageStatus(
            image.getMetadata().getGeneration(),
            conditions,
            before.artifact(),
            before.parts(),
            before.boot(),
            before.build());
    return ErrorStatusUpdateControl.patchStatus(withStatus(image, status));
  }

  private Observed gather(OsImage image, Context<OsImage> context) {
    var now = clock.instant();
    var pods = context.getSecondaryResources(Pod.class);
    var attempts =
        context.getSecondaryResources(Job.class).stream()
            .map(job -> reader.read(job, podOf(job, pods), now))
            .toList();
    return new Observed(
        image.getMetadata().getGeneration(),
        image.getSpec(),
        statusOf(image),
        Target.of(image, settings),
        attempts,
        now);
  }

  private Optional<Duration> nextLook(Observed observed, Decision decision) {
    return switch (decision) {
      case Decision.Start start -> Optional.of(settings.progressInterval());
      case Decision.Wait wait -> Optional.of(settings.progressInterval());
      case Decision.Cancel cancel -> Optional.of(settings.progressInterval());
      case Decision.Expire expire -> Optional.of(SOON);
      case Decision.RetryLater later ->
          Optional.of(Duration.between(observed.now(), later.next()).plusMillis(1));
      case Decision.Published published -> Optional.empty();
      case Decision.Stalled stalled -> Optional.empty();
      case Decision.Suspended suspended -> Optional.empty();
    };
  }

  /** A preempted pod may have a successor: the newest is the attempt's. */
  private static Optional<Pod> podOf(Job job, Set<Pod> pods) {
    return pods.stream()
        .filter(pod -> pod.hasOwnerReferenceFor(job))
        .max(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp()));
  }

  private static Set<ResourceID> imageOf(Pod pod) {
    var name = pod.getMetadata().getLabels().get(Labels.IMAGE);
    return name == null ? Set.of() : Set.of(new ResourceID(name, pod.getMetadata().getNamespace()));
  }

  private List<String> logTail(Pod pod) {
    try {
      var metadata = pod.getMetadata();
      return client
          .pods()
          .inNamespace(metadata.getNamespace())
          .withName(metadata.getName())
          .inContainer(BuildJob.CONTAINER)
          .tailingLines(LOG_LINES)
          .getLog()
          .lines()
          .toList();
    } catch (KubernetesClientException e) {
      if (e.getCode() == 404 || e.getCode() == 400) {
        // The pod is gone, or its container has not written yet.
        return List.of();
      }
      throw e;
    }
  }

  /** Lets the next look see the Job even when the watch has not told yet. */
  private void remember(Job job) {
    if (jobs != null) {
      jobs.handleRecentResourceCreate(ResourceID.fromResource(job), job);
    }
  }

  private static OsImageStatus statusOf(OsImage image) {
    return image.getStatus() == null ? OsImageStatus.empty() : image.getStatus();
  }

  /** Server-side apply owns what it sends: nothing but the status may be in it. */
  private static OsImage withStatus(OsImage image, OsImageStatus status) {
    var patch = new OsImage();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(image.getMetadata().getName())
            .withNamespace(image.getMetadata().getNamespace())
            .build());
    patch.setStatus(status);
    return patch;
  }
}
