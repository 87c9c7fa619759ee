package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.image.Planner;
import dev.osimage.operator.Settings;
import dev.osimage.operator.status.Events;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ScalableResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does what was decided. Everything here may be repeated after a crash at any point. */
final class Actions {

  private static final Logger LOG = LoggerFactory.getLogger(Actions.class);

  /** Longer than a plan takes to appear when nothing went wrong. */
  private static final Duration PLAN_PATIENCE = Duration.ofSeconds(10);

  private final KubernetesClient client;
  private final Settings settings;
  private final Events events;

  Actions(KubernetesClient client, Settings settings, Events events) {
    this.client = client;
    this.settings = settings;
    this.events = events;
  }

  /** Does it; false when the caches turned out to lag behind, so that nothing was decided. */
  boolean act(OsImage image, Observed observed, Decision decision) {
    observed.attempts().stream()
        .filter(attempt -> !attempt.active() && !attempt.recorded())
        .forEach(attempt -> writeOutcome(image, attempt.job(), attempt.state(), false));
    switch (decision) {
      case Decision.Start start -> {
        return start(image, observed, start.number());
      }
      case Decision.Wait wait -> {
        if (wait.attempt().state() instanceof Attempt.Pending pending
            && pending.preparing()
            && wait.attempt().createdAt().plus(PLAN_PATIENCE).isBefore(observed.now())
            && observed.target() instanceof Target.Buildable target) {
          // A crash between Job and plan leaves the pod waiting for the plan.
          var job = wait.attempt().job();
          ensurePlan(image, target.after(observed.finishedBefore(job)), job);
        }
      }
      case Decision.Expire expire ->
          writeOutcome(image, expire.attempt().job(), expire.failure(), true);
      case Decision.Cancel cancel -> cancel(image, cancel.attempts());
      case Decision.Published published -> prune(image, observed);
      case Decision.RetryLater later -> prune(image, observed);
      case Decision.Stalled stalled -> prune(image, observed);
      case Decision.Queued queued -> {}
      case Decision.Suspended suspended -> {}
    }
    return true;
  }

  private boolean start(OsImage image, Observed observed, int number) {
    if (!(observed.target() instanceof Target.Buildable wanted)) {
      throw new IllegalStateException("nothing to build");
    }
    var target = wanted.after(observed.finishedBefore(BuildJob.name(image, wanted, number)));
    Planner.warnings(image.getSpec())
        .forEach(warning -> events.warn(image, warning.reason(), warning.message()));
    // The caches may lag behind: two builders at once would be the one thing not to be undone.
    if (!known(observed).containsAll(liveJobs(image)) || podAlive(image)) {
      return false;
    }
    Job job;
    try {
      job =
          createJob(image, BuildJob.job(image, target, number, observed.nextTry(target), settings));
    } catch (KubernetesClientException e) {
      if (namespaceEnds(e)) {
        return true;
      }
      throw e;
    }
    createPlan(job, target);
    LOG.info("started {}", job.getMetadata().getName());
    return true;
  }

  /** Ends attempts; their Jobs go when their pods are gone. */
  void cancel(OsImage image, List<Attempt> attempts) {
    attempts.stream()
        .filter(attempt -> attempt.active() && !attempt.deleting())
        .forEach(attempt -> delete(image, attempt, DeletionPropagation.FOREGROUND));
  }

  /** Whether nothing can be created because the namespace is being deleted. */
  static boolean namespaceEnds(KubernetesClientException e) {
    var status = e.getStatus();
    return status != null
        && status.getDetails() != null
        && status.getDetails().getCauses().stream()
            .anyMatch(cause -> "NamespaceTerminating".equals(cause.getReason()));
  }

  private static Set<String> known(Observed observed) {
    return observed.attempts().stream().map(Attempt::job).collect(Collectors.toSet());
  }

  private boolean podAlive(OsImage image) {
    return client
        .pods()
        .inNamespace(image.getMetadata().getNamespace())
        .withLabel(Labels.MANAGED_BY, Labels.OPERATOR)
        .withLabel(Labels.IMAGE, image.getMetadata().getName())
        .withoutLabel(Labels.TASK)
        .list()
        .getItems()
        .stream()
        .anyMatch(AttemptReader::alive);
  }

  private Set<String> liveJobs(OsImage image) {
    return client
        .batch()
        .v1()
        .jobs()
        .inNamespace(image.getMetadata().getNamespace())
        .withLabel(Labels.MANAGED_BY, Labels.OPERATOR)
        .withLabel(Labels.IMAGE, image.getMetadata().getName())
        .withoutLabel(Labels.TASK)
        .list()
        .getItems()
        .stream()
        .filter(job -> job.hasOwnerReferenceFor(image.getMetadata().getUid()))
        .map(job -> job.getMetadata().getName())
        .collect(Collectors.toSet());
  }

  private void ensurePlan(OsImage image, Target.Buildable target, String name) {
    var job = job(image, name).get();
    if (job != null) {
      createPlan(job, target);
    }
  }

  /** Creates the Job, or takes the one that is there: its name says what it does. */
  private Job createJob(OsImage image, Job job) {
    try {
      return client.resource(job).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      var name = job.getMetadata().getName();
      var existing = job(image, name).get();
      if (existing == null || !existing.hasOwnerReferenceFor(image.getMetadata().getUid())) {
        throw new IllegalStateException(
            "a Job " + name + " is in the way that does not belong to this OsImage: delete it", e);
      }
      return existing;
    }
  }

  private void createPlan(Job job, Target.Buildable target) {
    try {
      client.resource(BuildJob.plan(job, target)).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
  }

  private ScalableResource<Job> job(OsImage image, String name) {
    return client
        .batch()
        .v1()
        .jobs()
        .inNamespace(image.getMetadata().getNamespace())
        .withName(name);
  }

  /** Writes how an attempt ended onto its Job, and ends its pod where it may still run. */
  private void writeOutcome(OsImage image, String job, Attempt.State state, boolean end) {
    var patch =
        new JobBuilder()
            .withNewMetadata()
            .addToAnnotations(Labels.OUTCOME, Outcome.write(state))
            .endMetadata();
    if (end) {
      // A suspended Job has no pods and stays as the record of the attempt.
      patch.withNewSpec().withSuspend(true).endSpec();
    }
    try {
      job(image, job).patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch.build());
    } catch (KubernetesClientException e) {
      // Somebody deleted it meanwhile: there is nothing left to write on.
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }

  private void delete(OsImage image, Attempt attempt, DeletionPropagation propagation) {
    job(image, attempt.job()).withPropagationPolicy(propagation).delete();
    LOG.info("deleted {}", attempt.job());
  }

  private void prune(OsImage image, Observed observed) {
    outdated(observed, settings.keptJobs()).stream()
        .filter(attempt -> !attempt.deleting())
        .forEach(attempt -> delete(image, attempt, DeletionPropagation.BACKGROUND));
  }

  /** The finished attempts of which nothing is kept, from the oldest on. */
  static List<Attempt> outdated(Observed observed, Settings.KeptJobs kept) {
    var finished = observed.attempts().stream().filter(Attempt::finished).toList();
    var tooMany = finished.size() - kept.limit();
    return IntStream.range(0, Math.max(0, finished.size() - 1))
        .filter(i ->
            i < tooMany || finished.get(i).createdAt().plus(kept.maxAge()).isBefore(observed.now()))
        .mapToObj(finished::get)
        .toList();
  }
}
