package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.Mounts;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import dev.osimage.operator.Settings;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The Kubernetes objects of one attempt: a Job with one restricted pod, and its plan. */
final class BuildJob {

  static final String CONTAINER = "builder";

  private static final String PLAN_FOLDER = "/osimage/plan";
  private static final String PLAN_FILE = "plan.json";
  private static final String MOUNTS_FOLDER = "/osimage/mounts";
  private static final String TERMINATION_FILE = "/dev/termination-log";

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
            owner(image.getApiVersion(), image.getKind(), metadata)
                .withBlockOwnerDeletion(true)
                .build())
        .endMetadata()
        .withNewSpec()
        // Attempts are counted and spaced by the operator, which knows why one failed.
        .withBackoffLimit(0)
        .withPodReplacementPolicy("Failed")
        .withNewPodFailurePolicy()
        .addNewRule()
        .withAction("Ignore")
        .addNewOnPodCondition()
        .withType("DisruptionTarget")
        .withStatus("True")
        .endOnPodCondition()
        .endRule()
        .endPodFailurePolicy()
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(settings.builderPod().labels())
        .addToLabels(labels)
        .withAnnotations(settings.builderPod().annotations())
        .endMetadata()
        .withSpec(podSpec(image, target, attempt, settings))
        .endTemplate()
        .endSpec()
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
    return annotations;
  }

  /** The plan, owned by its Job so that it goes with it. */
  static ConfigMap plan(Job job, Target.Buildable target) {
    var json = new String(Wire.write(target.plan()), StandardCharsets.UTF_8);
    var metadata = job.getMetadata();
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace(metadata.getNamespace())
        .withName(metadata.getName())
        .withLabels(metadata.getLabels())
        .withOwnerReferences(owner("batch/v1", "Job", metadata).build())
        .endMetadata()
        .withImmutable(true)
        .withData(Map.of(PLAN_FILE, json))
        .build();
  }

  private static OwnerReferenceBuilder owner(String apiVersion, String kind, ObjectMeta owner) {
    return new OwnerReferenceBuilder()
        .withApiVersion(apiVersion)
        .withKind(kind)
        .withName(owner.getName())
        .withUid(owner.getUid())
        .withController(true);
  }

  private static PodSpec podSpec(
      OsImage image, Target.Buildable target, int attempt, Settings settings) {
    var mounted = mounted(target.plan(), name(image, target, attempt));
    // The backstop behind the builder's own clock; kubelet counts from before the image pull.
    var deadline = target.pendingTimeout().toSeconds() + target.plan().timeoutSeconds();
    return new PodSpecBuilder()
        .withRestartPolicy("Never")
        .withActiveDeadlineSeconds(deadline)
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(5L)
        .withNodeSelector(settings.builderPod().nodeSelector())
        .withTolerations(settings.builderPod().tolerations())
        .withAffinity(settings.builderPod().affinity())
        .withPriorityClassName(settings.builderPod().priorityClassName())
        .withImagePullSecrets(
            settings.builderPullSecrets().stream().map(LocalObjectReference::new).toList())
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withContainers(container(target, mounted, settings))
        .withVolumes(mounted.stream().map(Mounted::volume).toList())
        .build();
  }

  private static Container container(
      Target.Buildable target, List<Mounted> mounted, Settings settings) {
    return new ContainerBuilder()
        .withName(CONTAINER)
        .withImage(settings.builderImage())
        .withImagePullPolicy(settings.builderPullPolicy())
        .withArgs(
            "dev.osimage.builder.Main",
            PLAN_FOLDER + "/" + PLAN_FILE,
            // Who may write ConfigMaps must not be able to have another plan built.
            Digest.of(Wire.write(target.plan())).toString(),
            TERMINATION_FILE,
            MOUNTS_FOLDER)
        .withEnv(settings.builderPod().variables())
        .withResources(settings.builderResources())
        .withTerminationMessagePath(TERMINATION_FILE)
        .withTerminationMessagePolicy("File")
        .withNewSecurityContext()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .endSecurityContext()
        .withVolumeMounts(mounted.stream().map(Mounted::mount).toList())
        .build();
  }

  /** A volume and where the builder sees it. */
  private record Mounted(Volume volume, String path) {

    VolumeMount mount() {
      return new VolumeMountBuilder()
          .withName(volume.getName())
          .withMountPath(path)
          .withReadOnly(true)
          .build();
    }
  }

  /**
   * The plan, and every Secret and ConfigMap that it names: whole folders, which kubelet refreshes.
   */
  private static List<Mounted> mounted(BuildPlan plan, String planName) {
    var mounts = new Mounts(Path.of(MOUNTS_FOLDER));
    var mounted = new ArrayList<Mounted>();
    mounted.add(new Mounted(planVolume(planName), PLAN_FOLDER));
    for (var name : plan.secrets()) {
      var volume = secretVolume("secret-" + mounted.size(), name);
      mounted.add(new Mounted(volume, mounts.secret(name).toString()));
    }
    for (var name : plan.caBundles()) {
      var volume = caBundleVolume("ca-bundle-" + mounted.size(), name);
      mounted.add(new Mounted(volume, mounts.caBundle(name).toString()));
    }
    return mounted;
  }

  private static Volume planVolume(String name) {
    return new VolumeBuilder()
        .withName("plan")
        .withNewConfigMap()
        .withName(name)
        .endConfigMap()
        .build();
  }

  private static Volume secretVolume(String volume, String name) {
    return new VolumeBuilder()
        .withName(volume)
        .withNewSecret()
        .withSecretName(name)
        // The builder says what is missing; kubelet would leave the pod waiting in silence.
        .withOptional(true)
        .endSecret()
        .build();
  }

  private static Volume caBundleVolume(String volume, String name) {
    return new VolumeBuilder()
        .withName(volume)
        .withNewConfigMap()
        .withName(name)
        .withOptional(true)
        .addNewItem()
        .withKey(Mounts.CA_KEY)
        .withPath(Mounts.CA_KEY)
        .endItem()
        .endConfigMap()
        .build();
  }
}
