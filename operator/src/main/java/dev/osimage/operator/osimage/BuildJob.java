package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.Wire;
import dev.osimage.operator.Settings;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The Kubernetes objects of one attempt: a Job with one restricted pod, and its plan. */
final class BuildJob {

  private BuildJob() {}

  /** {@code <name>-<identity>-<attempt>}: at most 63 characters, the same after any restart. */
  static String name(OsImage image, Target.Buildable target, int attempt) {
    return image.getMetadata().getName() + "-" + target.identity() + "-" + attempt;
  }

  static Job job(
      OsImage image, Target.Buildable target, int attempt, int tries, Settings settings) {
    var metadata = image.getMetadata();
    var labels = Labels.of(metadata.getName(), target.identity(), attempt);
    return new JobBuilder()
        .withNewMetadata()
        .withNamespace(metadata.getNamespace())
        .withName(name(image, target, attempt))
        .withLabels(labels)
        .addToAnnotations(Labels.GENERATION, String.valueOf(metadata.getGeneration()))
        .addToAnnotations(Labels.TRY, String.valueOf(tries))
        .addToAnnotations(Labels.PUBLICATION_HASH, target.publicationHash())
        .addToAnnotations(destination(BuildQueue.Destination.of(target.plan())))
        .addToAnnotations(asked(Requests.of(image)))
        .withOwnerReferences(
            JobPod.owner(image.getApiVersion(), image.getKind(), metadata)
                .withBlockOwnerDeletion(true)
                .build())
        .endMetadata()
        .withSpec(pod(image, target, attempt).jobSpec(labels, settings))
        .build();
  }

  private static Map<String, String> destination(BuildQueue.Destination destination) {
    return Map.of(
        Labels.REGISTRY,
        destination.registry(),
        Labels.TAGS,
        destination.tags().stream().sorted().collect(Collectors.joining(" ")));
  }

  private static Map<String, String> asked(Requests requests) {
    var annotations = new HashMap<String, String>();
    if (requests.look() != null) {
      annotations.put(Labels.LOOK, requests.look());
    }
    if (requests.rebuild() != null) {
      annotations.put(Labels.REBUILD, requests.rebuild());
    }
    if (requests.lost() != null) {
      annotations.put(Labels.LOST, requests.lost());
    }
    return annotations;
  }

  private static JobPod pod(OsImage image, Target.Buildable target, int attempt) {
    var plan = target.plan();
    return new JobPod(
        name(image, target, attempt),
        "dev.osimage.builder.Main",
        json(plan),
        plan.secrets(),
        plan.caBundles(),
        // The backstop behind the builder's own clock; kubelet counts from before the image pull.
        target.pendingTimeout().plusSeconds(plan.timeoutSeconds()));
  }

  /** The plan of a Job that exists. */
  static ConfigMap plan(Job job, Target.Buildable target) {
    return JobPod.plan(job, json(target.plan()));
  }

  private static String json(BuildPlan plan) {
    return new String(Wire.write(plan), StandardCharsets.UTF_8);
  }
}
