package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the chart makes of its values; Helm alone, without a cluster. */
class ChartE2E {

  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private static Command.Result helm(String verb, String... values) {
    var words = new ArrayList<>(List.of(verb));
    if (verb.equals("template")) {
      words.add(Chart.RELEASE);
    }
    words.add(Project.file("helm/osimage-operator").toString());
    words.addAll(List.of("--namespace", Chart.NAMESPACE));
    for (var value : values) {
      words.add("--set");
      words.add(value);
    }
    return Command.of("helm", words.toArray(String[]::new)).result();
  }

  /** What is installed. */
  private static List<HasMetadata> objects(String... values) {
    return rendered(values).stream().filter(object -> !isHook(object)).toList();
  }

  /** What exists only while the chart is uninstalled. */
  private static List<HasMetadata> hooks(String... values) {
    return rendered(values).stream().filter(ChartE2E::isHook).toList();
  }

  private static boolean isHook(HasMetadata object) {
    var annotations = object.getMetadata().getAnnotations();
    return annotations != null && "pre-delete".equals(annotations.get("helm.sh/hook"));
  }

  private static List<HasMetadata> rendered(String... values) {
    var result = helm("template", values);
    assertThat(result.exit()).as(result.err()).isZero();
    return Arrays.stream(result.out().split("(?m)^---$", -1))
        .filter(document -> document.contains("kind:"))
        .map(document -> (HasMetadata) YAML.unmarshal(document))
        .toList();
  }

  private static List<String> named(String kind, List<HasMetadata> objects) {
    return objects.stream()
        .filter(object -> object.getKind().equals(kind))
        .map(object -> {
          var metadata = object.getMetadata();
          return metadata.getNamespace() == null
              ? metadata.getName()
              : metadata.getNamespace() + "/" + metadata.getName();
        })
        .toList();
  }

  private static Deployment deployment(List<HasMetadata> objects) {
    return objects.stream()
        .filter(Deployment.class::isInstance)
        .map(Deployment.class::cast)
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, String> environment(List<HasMetadata> objects) {
    return deployment(objects)
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getEnv()
        .stream()
        .filter(variable -> variable.getValue() != null)
        .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "replicas=1",
        "replicas=2",
        "watch.own=true",
        "watch.namespaces={a,b}",
        "uninstallHook.enabled=false",
        "allowedHosts={*.example.com,quay.io:443}",
        "metrics.serviceMonitor.enabled=true",
        "metrics.rules.enabled=true",
        "builder.proxy.https=http://me:password@proxy:3128",
        "builder.mirrors.https://a\\.example/={http://b.lan/a/,https://c.lan:8443/}"
      })
  void helmFindsNothingToComplainAbout(String value) {
    var result = helm("lint", value, "metrics.objects=10");

    assertThat(result.exit()).as(result.out() + result.err()).isZero();
  }

  @Test
  void oneOperatorForTheWholeClusterIsTheDefault() {
    var objects = objects();

    assertThat(named("ClusterRole", objects)).contains("osimage-operator");
    assertThat(named("ClusterRoleBinding", objects)).containsExactly("osimage-operator");
    assertThat(named("Role", objects))
        .containsExactly("osimage-system/osimage-operator-leader-election");
    assertThat(named("Service", objects)).containsExactly("osimage-system/osimage-operator");
    assertThat(objects)
        .extracting(HasMetadata::getKind)
        .doesNotContain("PodDisruptionBudget", "ServiceMonitor", "PrometheusRule");
    assertThat(deployment(objects).getSpec().getReplicas()).isEqualTo(1);
    assertThat(environment(objects))
        .containsEntry("OSIMAGE_WATCH_NAMESPACES", "")
        .containsEntry("OSIMAGE_LEASE_NAME", "osimage-operator");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "watch.namespaces={a,b} | a,b",
        "watch.own=true | osimage-system",
        "watch.own=true,watch.namespaces={a} | a,osimage-system"
      })
  void watchedNamespacesHaveARoleEachAndTheClusterNone(String values, String namespaces) {
    var objects = objects(values);
    var expected =
        Arrays.stream(namespaces.split(",", -1)).map(name -> name + "/osimage-operator").toList();

    assertThat(named("Role", objects)).containsAll(expected).hasSize(expected.size() + 1);
    assertThat(named("RoleBinding", objects)).containsAll(expected).hasSize(expected.size() + 1);
    assertThat(named("ClusterRole", objects))
        .containsExactlyInAnyOrder("osimage-operator-view", "osimage-operator-edit");
    assertThat(named("ClusterRoleBinding", objects)).isEmpty();
    assertThat(environment(objects)).containsEntry("OSIMAGE_WATCH_NAMESPACES", namespaces);
  }

  @Test
  void severalReplicasAreNotAllDrainedAtOnce() {
    assertThat(named("PodDisruptionBudget", objects("replicas=2")))
        .containsExactly("osimage-system/osimage-operator");
  }

  @Test
  void theNumberOfReplicasIsNothingToRestartPodsFor() {
    assertThat(deployment(objects("replicas=2")).getSpec().getTemplate())
        .isEqualTo(deployment(objects("replicas=1")).getSpec().getTemplate());
  }

  @Test
  void beforeItIsUninstalledAJobWithRightsOfItsOwnLooksAfterAllOsImages() {
    var hooks = hooks();

    assertThat(named("Job", hooks)).containsExactly("osimage-system/osimage-operator-uninstall");
    assertThat(named("ServiceAccount", hooks))
        .containsExactly("osimage-system/osimage-operator-uninstall");
    assertThat(named("ClusterRole", hooks)).containsExactly("osimage-operator-uninstall");
    assertThat(named("ClusterRoleBinding", hooks)).containsExactly("osimage-operator-uninstall");
    assertThat(named("Role", hooks))
        .containsExactly("osimage-system/osimage-operator-uninstall-deployment");
    assertThat(named("RoleBinding", hooks))
        .containsExactly("osimage-system/osimage-operator-uninstall-deployment");
    assertThat(hooks)
        .extracting(object -> object.getMetadata().getAnnotations())
        .allSatisfy(annotations ->
            assertThat(annotations)
                .containsEntry(
                    "helm.sh/hook-delete-policy", "before-hook-creation,hook-succeeded"));
  }

  @Test
  void theUninstallHookOfWatchedNamespacesHasARoleInEachAndTheClusterNone() {
    var hooks = hooks("watch.own=true", "watch.namespaces={a}");
    var expected =
        List.of(
            "osimage-system/osimage-operator-uninstall-deployment",
            "a/osimage-operator-uninstall",
            "osimage-system/osimage-operator-uninstall");

    assertThat(named("Role", hooks)).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(named("RoleBinding", hooks)).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(named("ClusterRole", hooks)).isEmpty();
    assertThat(named("ClusterRoleBinding", hooks)).isEmpty();
    assertThat(job(hooks).getSpec().getTemplate().getSpec().getContainers().getFirst().getEnv())
        .contains(new EnvVar("OSIMAGE_WATCH_NAMESPACES", "a,osimage-system", null));
  }

  @Test
  void thePodOfTheUninstallHookIsMadeLikeThatOfTheOperatorButNotTakenForIt() {
    String[] values = {
      "imagePullSecrets[0].name=registry",
      "priorityClassName=high",
      "nodeSelector.disktype=ssd",
      "tolerations[0].key=builds",
      "affinity.nodeAffinity.some=rule",
      "podLabels.team=os",
      "podAnnotations.note=ours"
    };
    var operator = deployment(objects(values)).getSpec();
    var hook = job(hooks(values)).getSpec().getTemplate();
    var expected = operator.getTemplate().getSpec();

    assertThat(hook.getSpec())
        .usingRecursiveComparison()
        .comparingOnlyFields(
            "automountServiceAccountToken",
            "enableServiceLinks",
            "securityContext",
            "imagePullSecrets",
            "priorityClassName",
            "nodeSelector",
            "tolerations",
            "affinity")
        .isEqualTo(expected);
    assertThat(hook.getSpec().getContainers().getFirst())
        .usingRecursiveComparison()
        .comparingOnlyFields("image", "imagePullPolicy", "resources", "securityContext")
        .isEqualTo(expected.getContainers().getFirst());
    assertThat(hook.getMetadata().getAnnotations()).containsEntry("note", "ours");
    assertThat(hook.getMetadata().getLabels())
        .containsEntry("team", "os")
        .doesNotContainEntry(
            "app.kubernetes.io/name",
            operator.getSelector().getMatchLabels().get("app.kubernetes.io/name"));
  }

  @Test
  void aJobsNameEndsAtSixtyThreeCharacters() {
    var name = named("Job", hooks("fullnameOverride=" + "a".repeat(52) + "-" + "b".repeat(10)));

    assertThat(name).containsExactly("osimage-system/" + "a".repeat(52) + "-uninstall");
  }

  @Test
  void withoutTheUninstallHookNothingOfItIsThere() {
    assertThat(hooks("uninstallHook.enabled=false")).isEmpty();
    assertThat(rendered("uninstallHook.enabled=false")).isEqualTo(objects());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "leaderElection.leaseDuration=8s | leaderElection.leaseDuration: 8s is less than",
        "leaderElection.retryPeriod=4s,leaderElection.leaseDuration=1m | leaderElection.renewDeadline: 7s is not more",
        "builder.retry.initial=1h1s,builder.retry.max=60m | builder.retry.initial: 1h1s is more than builder.retry.max",
        "builder.keptJobs.maxAge=59s | builder.keptJobs.maxAge: 59s is not between",
        "builder.retry.slow.initial=20m | builder.retry.slow.initial: 20m is more than",
      })
  void clocksThatContradictEachOtherAreRefused(String values, String complaint) {
    var result = helm("template", values);

    assertThat(result.exit()).isNotZero();
    assertThat(result.err()).contains(complaint);
  }

  private static Job job(List<HasMetadata> objects) {
    return objects.stream()
        .filter(Job.class::isInstance)
        .map(Job.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void prometheusFindsMetricsAndAlertsByTheLabelsThatItWants() {
    var objects =
        objects(
            "metrics.serviceMonitor.enabled=true",
            "metrics.serviceMonitor.labels.release=prometheus",
            "metrics.rules.enabled=true",
            "metrics.rules.labels.release=prometheus");

    assertThat(objects)
        .filteredOn(object -> object.getApiVersion().startsWith("monitoring.coreos.com/"))
        .hasSize(2)
        .allSatisfy(object ->
            assertThat(object.getMetadata().getLabels()).containsEntry("release", "prometheus"));
  }

  @Test
  void whatIsSetForBuilderPodsReachesTheOperatorAsOneObject() {
    var environment =
        environment(
            objects(
                "builder.nodeSelector.disktype=ssd",
                "builder.tolerations[0].key=builds",
                "builder.priorityClassName=builds",
                "builder.podLabels.team=os",
                "builder.proxy.https=http://proxy:3128",
                "builder.proxy.noProxy={.svc,10.0.0.0/8}"));

    var pod = YAML.unmarshal(environment.get("OSIMAGE_BUILDER_POD"), JsonNode.class);
    var expected =
        """
        labels: {team: os}
        annotations: {}
        nodeSelector: {disktype: ssd}
        tolerations: [{key: builds}]
        priorityClassName: builds
        env: {HTTPS_PROXY: "http://proxy:3128", NO_PROXY: ".svc,10.0.0.0/8"}
        """;
    assertThat(pod).isEqualTo(YAML.unmarshal(expected, JsonNode.class));
  }

  @Test
  void authoritiesAndMirrorsReachTheOperatorAsOneObject() {
    var pem =
        "# ours\n" + new HeldCertificate.Builder().certificateAuthority(0).build().certificatePem();
    var values =
        new String[] {
          "builder.caBundle=" + pem,
          "builder.mirrors.https://a\\.example/={http://b.lan/a/,https://c.lan:8443/}",
          "builder.mirrors.https://a\\.example/old/={http://attic.lan/}"
        };

    var network =
        YAML.unmarshal(environment(objects(values)).get("OSIMAGE_BUILDER_NETWORK"), JsonNode.class);
    assertThat(network.path("caBundle").asText()).isEqualTo(pem);
    var mirrors =
        """
        https://a.example/: ["http://b.lan/a/", "https://c.lan:8443/"]
        https://a.example/old/: ["http://attic.lan/"]
        """;
    assertThat(network.path("mirrors")).isEqualTo(YAML.unmarshal(mirrors, JsonNode.class));
    assertThat(environment(objects()))
        .containsEntry("OSIMAGE_BUILDER_NETWORK", "{\"caBundle\":\"\",\"mirrors\":{}}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "replicas=two",
        "watch.namespaces={Upper}",
        "watch.namespace=a",
        "uninstallHook=false",
        "leaderElection.leaseDuration=10",
        "metrics.objects=-1",
        "allowedHosts={https://example.com}",
        "builder.proxy.http=https://proxy:3128",
        "builder.caBundle=/etc/ssl/ca.crt",
        "builder.mirrors={http://b.lan/}",
        "builder.mirrors.a/={http://b.lan/}",
        "builder.podLabels.osimage\\.dev/image=mine",
        "builder.affinity.nodes=some"
      })
  void aWrongValueIsRefusedByName(String value) {
    var result = helm("template", value);
    var name = value.replaceFirst("=.*", "").replaceFirst("^.*\\.(?=\\w)", "");

    assertThat(result.exit()).as(result.out()).isNotZero();
    assertThat(result.err()).contains(name.equals("dev/image") ? "podLabels" : name);
  }
}
