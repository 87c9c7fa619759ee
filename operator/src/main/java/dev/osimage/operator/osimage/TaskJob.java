package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.image.BuildPlan.PlannedDestination;
import dev.osimage.image.RegistryTask;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import dev.osimage.operator.Settings;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The Kubernetes objects of a {@link RegistryTask}. What is removed from a registry because an
 * OsImage is deleted must not be ended by that: such a Job has no owner. The operator deletes it,
 * and where it can't any more, Kubernetes does after a while.
 */
final class TaskJob {

  /** How long a task may run; each of its requests has a bound of its own. */
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  private static final int LEFT_BEHIND_SECONDS = 3600;

  private TaskJob() {}

  /** {@code <name>-<8 hex digits>-<kind>}: the same for the same purpose and token. */
  static String name(OsImage image, Chore.Start start) {
    var metadata = image.getMetadata();
    var identity = String.join(" ", metadata.getUid(), start.purpose(), start.token());
    return "%s-%s-%s"
        .formatted(
            metadata.getName(),
            Digest.of(identity.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 8),
            // Jobs' names leave room for three characters.
            start.kind().text().substring(0, 3));
  }

  /** When even kubelet should have ended its pod. */
  static Duration patience(Settings settings) {
    return deadline(settings).plusMinutes(1);
  }

  private static Duration deadline(Settings settings) {
    return settings.pendingTimeout().plus(TIMEOUT);
  }

  static Job job(OsImage image, Chore.Start start, RegistryTask task, Settings settings) {
    var metadata = image.getMetadata();
    var labels = Labels.of(metadata.getName(), task.kind());
    var name = name(image, start);
    var secrets = named(task.destination().secret());
    var caBundles = named(task.destination().caBundle());
    var pod =
        new JobPod(
            name,
            "dev.osimage.builder.TaskMain",
            json(task),
            secrets,
            caBundles,
            deadline(settings));
    var job =
        new JobBuilder()
            .withNewMetadata()
            .withNamespace(metadata.getNamespace())
            .withName(name)
            .withLabels(labels)
            .addToAnnotations(Labels.OBJECT, metadata.getUid())
            .addToAnnotations(Labels.PURPOSE, start.purpose())
            .addToAnnotations(Labels.ARTIFACTS, references(task))
            .endMetadata()
            .withSpec(pod.jobSpec(labels, settings))
            .build();
    if (start.look() != null) {
      job.getMetadata().getAnnotations().put(Labels.LOOK, start.look());
    }
    if (start.builtAt() != null) {
      job.getMetadata().getAnnotations().put(Labels.BUILT_AT, start.builtAt());
    }
    if (!start.purpose().equals(Farewell.PURPOSE)) {
      job.getMetadata()
          .setOwnerReferences(
              List.of(JobPod.owner(image.getApiVersion(), image.getKind(), metadata).build()));
    }
    // Also where no pod comes into being.
    job.getSpec().setActiveDeadlineSeconds(patience(settings).toSeconds());
    // Until its plan is there, which has the Job for its owner.
    job.getSpec().setSuspend(true);
    job.getSpec().setTtlSecondsAfterFinished(LEFT_BEHIND_SECONDS);
    return job;
  }

  private static Set<String> named(@Nullable String name) {
    return Stream.ofNullable(name).collect(Collectors.toSet());
  }

  private static String references(RegistryTask task) {
    return task.artifacts().stream()
        .map(artifact -> task.destination().repository().at(artifact.digest()))
        .collect(Collectors.joining(" "));
  }

  /** The task that starts with this. */
  static RegistryTask task(Chore.Start start, PlannedDestination destination, Settings settings) {
    return new RegistryTask(
        RegistryTask.VERSION,
        start.kind(),
        destination,
        settings.builderNetwork().caBundle(),
        start.artifacts(),
        start.bootUrls(),
        TIMEOUT.toSeconds(),
        settings.credentialsWait().toSeconds());
  }

  /** The task's plan, which goes with its Job. */
  static ConfigMap plan(Job job, RegistryTask task) {
    return JobPod.plan(job, json(task));
  }

  private static String json(RegistryTask task) {
    return new String(Wire.write(task), StandardCharsets.UTF_8);
  }

  /** The references that {@link Labels#ARTIFACTS} of a Job names. */
  static List<String> artifacts(Job job) {
    return List.of(
        job.getMetadata().getAnnotations().getOrDefault(Labels.ARTIFACTS, "").split(" "));
  }
}
