package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.image.BuildPlan.PlannedDestination;
import dev.osimage.operator.Settings;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts and clears tasks at registries. Everything here may be repeated. */
final class Tasks {

  private static final Logger LOG = LoggerFactory.getLogger(Tasks.class);

  private final KubernetesClient client;
  private final Settings settings;

  Tasks(KubernetesClient client, Settings settings) {
    this.client = client;
    this.settings = settings;
  }

  /** Starts a task, or takes the one that is there: its name says what it is for. */
  void start(OsImage image, Chore.Start start, PlannedDestination destination) {
    var task = TaskJob.task(start, destination, settings);
    var job = created(TaskJob.job(image, start, task, settings));
    try {
      client.resource(TaskJob.plan(job, task)).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
    // Without its plan, a pod would wait for it until its deadline.
    client
        .resource(job)
        .patch(
            PatchContext.of(PatchType.STRATEGIC_MERGE),
            new JobBuilder().withNewSpec().withSuspend(false).endSpec().build());
    LOG.info("started {}", job.getMetadata().getName());
  }

  private Job created(Job job) {
    try {
      return client.resource(job).create();
    } catch (KubernetesClientException e) {
      var existing =
          e.getCode() == HttpURLConnection.HTTP_CONFLICT ? client.resource(job).get() : null;
      if (existing == null) {
        throw e;
      }
      return existing;
    }
  }

  /** Deletes a task's Job, and with it its pod and plan. */
  void clear(OsImage image, Task task) {
    delete(image, task, DeletionPropagation.BACKGROUND);
  }

  /** Ends a task: its Job goes when its pod is gone. */
  void end(OsImage image, Task task) {
    delete(image, task, DeletionPropagation.FOREGROUND);
  }

  private void delete(OsImage image, Task task, DeletionPropagation propagation) {
    if (!task.deleting()) {
      client
          .batch()
          .v1()
          .jobs()
          .inNamespace(image.getMetadata().getNamespace())
          .withName(task.job())
          .withPropagationPolicy(propagation)
          .delete();
    }
  }
}
