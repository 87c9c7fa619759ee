package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.DeletionPolicy;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.operator.Settings;
import dev.osimage.operator.runtime.BuildMetrics;
import dev.osimage.operator.status.Events;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.PrimaryUpdateAndCacheUtils;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How an OsImage goes: those whose {@link DeletionPolicy} has something to be done at the registry
 * have a finalizer, and what is to be done is bounded.
 */
final class Departure {

  private static final Logger LOG = LoggerFactory.getLogger(Departure.class);
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration LATEST = Duration.ofSeconds(10);

  private final Settings settings;
  private final Tasks tasks;
  private final Actions actions;
  private final Events events;
  private final BuildMetrics metrics;

  Departure(Settings settings, Tasks tasks, Actions actions, Events events, BuildMetrics metrics) {
    this.settings = settings;
    this.tasks = tasks;
    this.actions = actions;
    this.events = events;
    this.metrics = metrics;
  }

  /** The object with our finalizer, if its policy wants one, and without if not. */
  OsImage prepared(OsImage image, Context<OsImage> context) {
    boolean wanted = image.getSpec().effectiveDeletionPolicy() != DeletionPolicy.RETAIN;
    if (image.isMarkedForDeletion() || image.hasFinalizer(OsImage.FINALIZER) == wanted) {
      return image;
    }
    return wanted
        ? PrimaryUpdateAndCacheUtils.addFinalizer(context, OsImage.FINALIZER)
        : PrimaryUpdateAndCacheUtils.removeFinalizer(context, OsImage.FINALIZER);
  }

  OsImageStatus status(OsImage image, Observed observed, Farewell farewell) {
    return Report.deleting(
        observed.status(),
        image.getMetadata().getGeneration(),
        observed.now(),
        switch (farewell) {
          case Farewell.LetGo letGo -> "nothing is left to be done at the registry";
          case Farewell.Cancel cancel -> "its build is being ended first";
          case Farewell.Remove remove -> removing(image);
          case Farewell.Wait wait -> removing(image);
          case Farewell.Again again -> again.end().message() + "; it is tried again";
        });
  }

  private String removing(OsImage image) {
    return "what it published is being removed from the registry (deletionPolicy: %s); after %d s it goes in any case"
        .formatted(
            image.getSpec().effectiveDeletionPolicy() == DeletionPolicy.UNTAG ? "Untag" : "Delete",
            settings.deletionTimeout().toSeconds());
  }

  /** Does it, and says when to look again; empty when nothing is left. */
  Optional<Duration> act(
      OsImage image, Observed observed, Farewell farewell, Context<OsImage> context) {
    return switch (farewell) {
      case Farewell.LetGo(var undone) -> {
        letGo(image, observed, undone, context);
        yield Optional.empty();
      }
      case Farewell.Cancel(var attempts) -> {
        actions.cancel(image, attempts);
        yield Optional.of(LATEST);
      }
      case Farewell.Remove(var start) -> {
        remove(image, observed, start, context);
        yield Optional.of(LATEST);
      }
      case Farewell.Wait wait -> Optional.of(LATEST);
      case Farewell.Again(var task, var end, var next) -> {
        if (next.isAfter(observed.now())) {
          yield Optional.of(Duration.between(observed.now(), next).plus(SOON));
        }
        tasks.clear(image, task);
        yield Optional.of(SOON);
      }
    };
  }

  private void remove(
      OsImage image, Observed observed, Chore.Start start, Context<OsImage> context) {
    if (!(observed.target() instanceof Target.Buildable target)) {
      return;
    }
    try {
      tasks.start(image, start, target.plan().destination());
    } catch (KubernetesClientException e) {
      if (Actions.namespaceEnds(e)) {
        letGo(image, observed, "its namespace is being deleted; what it published stays", context);
      } else {
        // A quota, perhaps. It is tried again, for as long as the deletion may wait.
        LOG.warn("the removal could not be started: {}", e.getMessage());
      }
    }
  }

  private void letGo(OsImage image, Observed observed, String undone, Context<OsImage> context) {
    if (!undone.isEmpty()) {
      var left = Claims.named(image).map(Artifact::reference).collect(Collectors.joining(", "));
      LOG.warn("not removed from the registry: {}: {}", left, undone);
      events.warn(image, "NotRemoved", "%s; this may be left: %s".formatted(undone, left));
    }
    observed.tasks().forEach(task -> tasks.clear(image, task));
    PrimaryUpdateAndCacheUtils.removeFinalizer(context, OsImage.FINALIZER);
    metrics.letGo(!undone.isEmpty());
  }
}
