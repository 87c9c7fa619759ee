package dev.osimage.operator.osimage;

import dev.osimage.image.Mounts;
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
import io.fabric8.kubernetes.api.model.batch.v1.JobSpec;
import io.fabric8.kubernetes.api.model.batch.v1.JobSpecBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A Job's one restricted pod of the builder's image, and the plan that it gets.
 *
 * @param job name of the Job and of the ConfigMap with the plan
 * @param program the main class
 * @param plan the plan as JSON
 * @param secrets names of the Secrets that the plan names
 * @param caBundles names of the ConfigMaps with authorities that the plan names
 * @param deadline how long the pod may take from its creation on
 */
record JobPod(
    String job,
    String program,
    String plan,
    Set<String> secrets,
    Set<String> caBundles,
    Duration deadline) {

  static final String CONTAINER = "builder";

  private static final String PLAN_FOLDER = "/osimage/plan";
  private static final String PLAN_FILE = "plan.json";
  private static final String MOUNTS_FOLDER = "/osimage/mounts";
  private static final String TERMINATION_FILE = "/dev/termination-log";

  /** The ConfigMap with the plan, owned by its Job so that it goes with it. */
  static ConfigMap plan(Job job, String plan) {
    var metadata = job.getMetadata();
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace(metadata.getNamespace())
        .withName(metadata.getName())
        .withLabels(metadata.getLabels())
        .withOwnerReferences(owner("batch/v1", "Job", metadata).build())
        .endMetadata()
        .withImmutable(true)
        .withData(Map.of(PLAN_FILE, plan))
        .build();
  }

  static OwnerReferenceBuilder owner(String apiVersion, String kind, ObjectMeta owner) {
    return new OwnerReferenceBuilder()
        .withApiVersion(apiVersion)
        .withKind(kind)
        .withName(owner.getName())
        .withUid(owner.getUid())
        .withController(true);
  }

  /** How a Job of ours runs this pod: once, and again only where the cluster ended it. */
  JobSpec jobSpec(Map<String, String> labels, Settings settings) {
    return new JobSpecBuilder()
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
        .withSpec(spec(settings))
        .endTemplate()
        .build();
  }

  PodSpec spec(Settings settings) {
    var mounted = mounted();
    return new PodSpecBuilder()
        .withRestartPolicy("Never")
        .withActiveDeadlineSeconds(deadline.toSeconds())
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
        .withContainers(container(mounted, settings))
        .withVolumes(mounted.stream().map(Mounted::volume).toList())
        .build();
  }

  private Container container(List<Mounted> mounted, Settings settings) {
    return new ContainerBuilder()
        .withName(CONTAINER)
        .withImage(settings.builderImage())
        .withImagePullPolicy(settings.builderPullPolicy())
        .withArgs(
            program,
            PLAN_FOLDER + "/" + PLAN_FILE,
            // Who may write ConfigMaps must not be able to have another plan built.
            Digest.of(plan.getBytes(StandardCharsets.UTF_8)).toString(),
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
  private List<Mounted> mounted() {
    var mounts = new Mounts(Path.of(MOUNTS_FOLDER));
    var mounted = new ArrayList<Mounted>();
    mounted.add(new Mounted(planVolume(job), PLAN_FOLDER));
    for (var name : secrets) {
      var volume = secretVolume("secret-" + mounted.size(), name);
      mounted.add(new Mounted(volume, mounts.secret(name).toString()));
    }
    for (var name : caBundles) {
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
