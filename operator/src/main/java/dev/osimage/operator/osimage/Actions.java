package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.operator.Settings;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does what was decided. Everything here may be repeated after a crash at any point. */
final class Actions {

  private static final Logger LOG = LoggerFactory.getLogger(Actions.class);

  /** Finished attempts that are kept for people to look at. */
  private static final int KEPT_ATTEMPTS = 3;

  private final KubernetesClient client;
  private final Settings settings;
  private final Consumer<Job> started;

  /** {@code started} hears of every Job that was created, before the watch does. */
  Actions(KubernetesClient client, Settings settings, Consumer<Job> started) {
    this.client = client;
    this.settings = settings;
    this.started = started;
  }

  void act(OsImage image, Observed observed, Decision decision) {
    observed.attempts().stream()
        .filter(attempt -> !attempt.active() && !attempt.recorded())
        .forEach(attempt -> record(image, attempt.job(), attempt.state(), false));
    switch (decision) {
      case Decision.Start start -> start(image, observed, start.number());
      case Decision.Wait wait -> {
        if (wait.attempt().state() instanceof Attempt.Pending
            && observed.target() instanceof Target.Buildable target) {
          // A crash between Job and plan would leave the pod waiting for the plan.
          ensurePlan(image, target, wait.attempt().number());
        }
      }
      case Decision.Expire expire -> record(image, expire.attempt().job(), expire.failure(), true);
      case Decision.Cancel cancel ->
          cancel.attempts().stream()
              .filter(attempt -> attempt.active() && !attempt.deleting())
              .forEach(attempt -> delete(image, attempt, DeletionPropagation.FOREGROUND));
      case Decision.Published published -> prune(image, observed);
      case Decision.RetryLater later -> prune(image, observed);
      case Decision.Stalled stalled -> prune(image, observed);
      case Decision.Suspended suspended -> {}
    }
  }

  private void start(OsImage image, Observed observed, int number) {
    if (!(observed.target() instanceof Target.Buildable target)) {
      throw new IllegalStateException("nothing to build");
    }
    // The caches may lag behind: two builders at once would be the one thing not to be undone.
    if (!known(observed).containsAll(live(image))) {
      LOG.info("the cache lags behind; looking again");
      throw new StaleCacheException();
    }
    var job = created(BuildJob.job(image, target, number, settings));
    started.accept(job);
    created(BuildJob.plan(job, target));
    LOG.info("started {}", job.getMetadata().getName());
  }

  private static Set<String> known(Observed observed) {
    return observed.attempts().stream().map(Attempt::job).collect(Collectors.toSet());
  }

  private Set<String> live(OsImage image) {
    return client
        .batch()
        .v1()
        .jobs()
        .inNamespace(image.getMetadata().getNamespace())
        .withLabel(Labels.MANAGED_BY, Labels.OPERATOR)
        .withLabel(Labels.IMAGE, image.getMetadata().getName())
        .list()
        .getItems()
        .stream()
        .filter(job -> job.hasOwnerReferenceFor(image.getMetadata().getUid()))
        .map(job -> job.getMetadata().getName())
        .collect(Collectors.toSet());
  }

  private void ensurePlan(OsImage image, Target.Buildable target, int number) {
    var job =
        client
            .batch()
            .v1()
            .jobs()
            .inNamespace(image.getMetadata().getNamespace())
            .withName(BuildJob.name(image, target, number))
            .get();
    if (job != null) {
      created(BuildJob.plan(job, target));
    }
  }

  /** Creates the object, or takes the one that is there: its name says what it holds. */
  private <T extends HasMetadata> T created(T object) {
    try {
      return client.resource(object).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      return object;
    }
  }

  /** Writes how an attempt ended onto its Job, and ends its pod where it may still run. */
  private void record(OsImage image, String job, Attempt.State state, boolean end) {
    var patch =
        new JobBuilder()
            .withNewMetadata()
            .addToAnnotations(Labels.OUTCOME, Outcome.write(state))
            .endMetadata();
    if (end) {
      // A suspended Job has no pods and stays as the record of the attempt.
      patch.withNewSpec().withSuspend(true).endSpec();
    }
    client
        .batch()
        .v1()
        .jobs()
        .inNamespace(image.getMetadata().getNamespace())
        .withName(job)
        .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch.build());
  }

  private void delete(OsImage image, Attempt attempt, DeletionPropagation propagation) {
    client
        .batch()
        .v1()
        .jobs()
        .inNamespace(image.getMetadata().getNamespace())
        .withName(attempt.job())
        .withPropagationPolicy(propagation)
        .delete();
    LOG.info("deleted {}", attempt.job());
  }

  private void prune(OsImage image, Observed observed) {
    var finished = observed.attempts().stream().filter(Attempt::finished).toList();
    finished.stream()
        .limit(Math.max(0, finished.size() - KEPT_ATTEMPTS))
        .forEach(attempt -> delete(image, attempt, DeletionPropagation.BACKGROUND));
  }
}
