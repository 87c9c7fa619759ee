package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.SETTINGS;
import static dev.osimage.operator.osimage.Examples.buildable;
import static dev.osimage.operator.osimage.Examples.image;
import static dev.osimage.operator.osimage.Examples.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.osimage.api.OsImageSpec;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import dev.osimage.operator.BuilderPod;
import dev.osimage.operator.Settings;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The pod that an attempt runs as: what an administrator lets into a restricted namespace. */
class BuildJobTest {

  private static final OsImageSpec WITH_SECRET =
      with(A, "destination/secretRef", Map.of("name", "push"));

  /** Two Secrets and two ConfigMaps, one of each named twice. */
  private static final OsImageSpec WITH_ALL =
      withMounts(
          withMounts(
              withMounts(A, "destination", "push", "z.ca"), "files/kernel/http", "web", "ca"),
          "files/initramfs/http",
          "push",
          "z.ca");

  private static OsImageSpec withMounts(OsImageSpec spec, String path, String secret, String ca) {
    var withSecret = with(spec, path + "/secretRef", Map.of("name", secret));
    return with(withSecret, path + "/caBundleRef", Map.of("name", ca));
  }

  private static Job job(OsImageSpec spec) {
    return BuildJob.job(image(spec, 7), buildable(spec), 3, 1, SETTINGS);
  }

  private static PodSpec pod(OsImageSpec spec) {
    return job(spec).getSpec().getTemplate().getSpec();
  }

  private static Container builder(OsImageSpec spec) {
    return pod(spec).getContainers().getFirst();
  }

  @Test
  void thePodHasEverythingThatPodSecurityRestrictedAsksFor() {
    var pod = pod(WITH_ALL);
    var context = pod.getSecurityContext();
    var container = builder(WITH_ALL).getSecurityContext();

    assertThat(context.getRunAsNonRoot()).isTrue();
    assertThat(context.getRunAsUser()).as("the image has a user of its own").isNull();
    assertThat(context.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
    assertThat(container.getAllowPrivilegeEscalation()).isFalse();
    assertThat(container.getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(container.getCapabilities().getAdd()).isEmpty();
    assertThat(container.getPrivileged()).isNull();
    assertThat(pod.getHostNetwork()).isNull();
    assertThat(pod.getHostPID()).isNull();
    assertThat(pod.getHostIPC()).isNull();
    assertThat(pod.getContainers()).hasSize(1);
    assertThat(pod.getInitContainers()).isEmpty();
    assertThat(pod.getVolumes())
        .allMatch(volume -> volume.getConfigMap() != null || volume.getSecret() != null);
    assertThat(builder(WITH_ALL).getPorts()).isEmpty();
  }

  @Test
  void thePodHasNoTokenNoServiceLinksAndNothingToWriteTo() {
    var pod = pod(WITH_ALL);

    assertThat(pod.getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getEnableServiceLinks()).isFalse();
    assertThat(pod.getServiceAccountName()).isNull();
    assertThat(builder(WITH_ALL).getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
    assertThat(builder(WITH_ALL).getVolumeMounts())
        .hasSize(5)
        .allMatch(mount -> Boolean.TRUE.equals(mount.getReadOnly()));
  }

  @Test
  void everySecretIsOptionalAndMountedOnceAndWholeSoThatKubeletRefreshesIt() {
    var secrets = pod(WITH_ALL).getVolumes().stream().filter(v -> v.getSecret() != null).toList();

    assertThat(secrets)
        .extracting(v -> v.getSecret().getSecretName())
        .containsExactly("push", "web");
    assertThat(secrets)
        .allSatisfy(volume -> {
          var name = volume.getSecret().getSecretName();
          assertThat(volume.getSecret().getOptional()).isTrue();
          assertThat(volume.getSecret().getItems()).isEmpty();
          assertThat(mountPath(volume)).isEqualTo("/osimage/mounts/secrets/" + name);
        });
  }

  @Test
  void ofAConfigMapOnlyTheAuthoritiesAreMounted() {
    var bundles =
        pod(WITH_ALL).getVolumes().stream()
            .filter(v -> v.getConfigMap() != null && !v.getName().equals("plan"))
            .toList();

    assertThat(bundles).extracting(v -> v.getConfigMap().getName()).containsExactly("ca", "z.ca");
    assertThat(bundles)
        .allSatisfy(volume -> {
          var name = volume.getConfigMap().getName();
          assertThat(volume.getConfigMap().getOptional()).isTrue();
          assertThat(volume.getConfigMap().getItems())
              .extracting(item -> item.getKey() + " as " + item.getPath())
              .containsExactly("ca.crt as ca.crt");
          assertThat(mountPath(volume)).isEqualTo("/osimage/mounts/ca-bundles/" + name);
        });
  }

  private static String mountPath(Volume volume) {
    var mounts =
        builder(WITH_ALL).getVolumeMounts().stream()
            .filter(mount -> mount.getName().equals(volume.getName()))
            .toList();
    assertThat(mounts).hasSize(1);
    assertThat(mounts.getFirst().getSubPath()).isNull();
    assertThat(mounts.getFirst().getSubPathExpr()).isNull();
    return mounts.getFirst().getMountPath();
  }

  /** Names of Secrets have dots and up to 253 characters; those of volumes must not. */
  @Test
  void volumesHaveNamesThatKubernetesTakes() {
    var long253 = "a.".repeat(126) + "b";
    var volumes = pod(withMounts(WITH_ALL, "files/kernel/http", long253, long253)).getVolumes();

    assertThat(volumes).hasSize(5).extracting(Volume::getName).doesNotHaveDuplicates();
    assertThat(volumes)
        .allSatisfy(
            volume -> assertThat(volume.getName()).matches("[a-z]([a-z0-9-]{0,61}[a-z0-9])?"));
  }

  @Test
  void theBuilderIsToldWhereEverythingIs() {
    assertThat(builder(WITH_SECRET).getArgs())
        .containsExactly(
            "dev.osimage.builder.Main",
            "/osimage/plan/plan.json",
            Digest.of(Wire.write(buildable(WITH_SECRET).plan())).toString(),
            "/dev/termination-log",
            "/osimage/mounts");
  }

  @Test
  void withoutSecretsAndConfigMapsThePodHasNone() {
    assertThat(pod(A).getVolumes()).extracting(Volume::getName).containsExactly("plan");
    assertThat(builder(A).getVolumeMounts()).hasSize(1);
    assertThat(builder(A).getArgs()).hasSize(5);
    assertThat(builder(A).getEnv()).isEmpty();
    assertThat(builder(A).getEnvFrom()).isEmpty();
  }

  @Test
  void namesOfTheLongestObjectStayWithinSixtyThreeCharacters() {
    var image = image(A, 1);
    image.getMetadata().setName("x".repeat(50));
    var job = BuildJob.job(image, buildable(A), 999, 1, SETTINGS);

    assertThat(job.getMetadata().getName()).hasSize(63).endsWith("-999");
    assertThat(job.getMetadata().getLabels().values()).allMatch(value -> value.length() <= 63);
    assertThat(BuildJob.plan(job, buildable(A)).getMetadata().getName()).hasSize(63);
  }

  @Test
  void theDeadlineOfThePodIsPendingTimeoutAndTimeoutTogether() {
    var spec = with(with(A, "pendingTimeout", "5m"), "timeout", "1h30m");

    assertThat(pod(spec).getActiveDeadlineSeconds()).isEqualTo(5 * 60 + 90 * 60);
    assertThat(pod(A).getActiveDeadlineSeconds()).isEqualTo(15 * 60 + 60 * 60);
    assertThat(job(spec).getSpec().getActiveDeadlineSeconds())
        .as("the Job's own deadline would remove the pod with its log")
        .isNull();
  }

  @Test
  void attemptsAreTheOperatorsAndOnlyDisruptionsAreTheJobControllers() {
    var spec = job(A).getSpec();
    var rules = spec.getPodFailurePolicy().getRules();

    assertThat(spec.getBackoffLimit()).isZero();
    assertThat(spec.getPodReplacementPolicy()).isEqualTo("Failed");
    assertThat(spec.getTtlSecondsAfterFinished()).as("it is the record of the attempt").isNull();
    assertThat(spec.getTemplate().getSpec().getRestartPolicy()).isEqualTo("Never");
    assertThat(rules).hasSize(1);
    assertThat(rules.getFirst().getAction()).isEqualTo("Ignore");
    assertThat(rules.getFirst().getOnExitCodes()).isNull();
    assertThat(rules.getFirst().getOnPodConditions())
        .extracting(pattern -> pattern.getType() + "=" + pattern.getStatus())
        .containsExactly("DisruptionTarget=True");
  }

  @Test
  void theTerminationMessageComesFromTheBuilderAndNotFromItsLog() {
    assertThat(builder(A).getTerminationMessagePath()).isEqualTo("/dev/termination-log");
    assertThat(builder(A).getTerminationMessagePolicy()).isEqualTo("File");
  }

  @Test
  void theSameAttemptIsTheSameObjectAfterAnyRestart() {
    assertThat(Serialization.asJson(job(WITH_SECRET)))
        .isEqualTo(Serialization.asJson(job(WITH_SECRET)));
    assertThat(job(A).getMetadata().getName())
        .isEqualTo("debian-" + buildable(A).identity() + "-3");
  }

  @Test
  void theJobSaysWhoseAttemptItIs() {
    var metadata = job(A).getMetadata();
    var owner = metadata.getOwnerReferences().getFirst();

    assertThat(metadata.getNamespace()).isEqualTo("images");
    assertThat(owner.getKind()).isEqualTo("OsImage");
    assertThat(owner.getApiVersion()).isEqualTo("osimage.dev/v1alpha1");
    assertThat(owner.getUid()).isEqualTo(Examples.UID);
    assertThat(owner.getController()).isTrue();
    assertThat(metadata.getLabels())
        .containsEntry(Labels.IMAGE, "debian")
        .containsEntry(Labels.ATTEMPT, "3")
        .containsEntry(Labels.IDENTITY, buildable(A).identity());
    assertThat(metadata.getAnnotations())
        .containsEntry(Labels.GENERATION, "7")
        .containsEntry(Labels.PUBLICATION_HASH, buildable(A).publicationHash());
    assertThat(job(A).getSpec().getTemplate().getMetadata().getLabels())
        .isEqualTo(metadata.getLabels());
  }

  @Test
  void thePlanGoesWithItsJobAndIsWhatTheBuilderReads() {
    var job = job(A);
    job.getMetadata().setUid("job-uid");
    var plan = BuildJob.plan(job, buildable(A));
    var owner = plan.getMetadata().getOwnerReferences().getFirst();
    var json = plan.getData().getOrDefault("plan.json", "");

    assertThat(plan.getImmutable()).isTrue();
    assertThat(plan.getMetadata().getName()).isEqualTo(job.getMetadata().getName());
    assertThat(owner.getKind()).isEqualTo("Job");
    assertThat(owner.getUid()).isEqualTo("job-uid");
    assertThat(pod(A).getVolumes().getFirst().getConfigMap().getName())
        .isEqualTo(plan.getMetadata().getName());
    BuildPlan read = Wire.readPlan(json.getBytes(StandardCharsets.UTF_8));
    assertThat(read).isEqualTo(buildable(A).plan());
  }

  @Test
  void theAdministratorChoosesImageResourcesAndWherePodsRun() {
    var resources =
        new ResourceRequirementsBuilder().addToLimits("memory", new Quantity("256Mi")).build();
    var affinity = new AffinityBuilder().withNewNodeAffinity().endNodeAffinity().build();
    var settings =
        new Settings(
            "mirror.example.com/osimage:2",
            "Always",
            List.of("pull"),
            resources,
            new BuilderPod(
                Map.of("team", "os", Labels.IMAGE, "another"),
                Map.of("sidecar.example.com/inject", "false"),
                Map.of("disktype", "ssd"),
                List.of(new TolerationBuilder().withKey("builds").withOperator("Exists").build()),
                affinity,
                "builds",
                Map.of("NO_PROXY", ".svc", "HTTPS_PROXY", "http://proxy.example.com:3128")),
            SETTINGS.builderNetwork(),
            SETTINGS.allowedHosts(),
            SETTINGS.timeout(),
            SETTINGS.pendingTimeout(),
            SETTINGS.retryInitial(),
            SETTINGS.retryMax(),
            SETTINGS.slowRetryInitial(),
            SETTINGS.slowRetryMax(),
            SETTINGS.credentialsWait(),
            SETTINGS.deletionTimeout(),
            SETTINGS.maxBuilds(),
            SETTINGS.maxBuildsPerRegistry(),
            SETTINGS.keptJobs(),
            SETTINGS.gatewayUrl(),
            SETTINGS.progressInterval(),
            0);
    var template = BuildJob.job(image(A, 1), buildable(A), 1, 1, settings).getSpec().getTemplate();
    var pod = template.getSpec();
    var container = pod.getContainers().getFirst();

    assertThat(container.getImage()).isEqualTo("mirror.example.com/osimage:2");
    assertThat(container.getImagePullPolicy()).isEqualTo("Always");
    assertThat(container.getResources()).isEqualTo(resources);
    assertThat(pod.getImagePullSecrets()).extracting("name").containsExactly("pull");
    assertThat(pod.getNodeSelector()).containsEntry("disktype", "ssd");
    assertThat(pod.getTolerations()).extracting("key").containsExactly("builds");
    assertThat(pod.getAffinity()).isEqualTo(affinity);
    assertThat(pod.getPriorityClassName()).isEqualTo("builds");
    assertThat(template.getMetadata().getAnnotations())
        .containsEntry("sidecar.example.com/inject", "false");
    assertThat(template.getMetadata().getLabels())
        .containsEntry("team", "os")
        .as("the operator finds its pods by this one")
        .containsEntry(Labels.IMAGE, image(A, 1).getMetadata().getName());
    assertThat(container.getEnv())
        .extracting(EnvVar::getName, EnvVar::getValue)
        .containsExactly(
            tuple("HTTPS_PROXY", "http://proxy.example.com:3128"), tuple("NO_PROXY", ".svc"));
  }
}
