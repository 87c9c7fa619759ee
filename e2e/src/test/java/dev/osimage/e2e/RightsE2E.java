package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RightsE2E {

  private static final String OPERATOR =
      "system:serviceaccount:%s:osimage-operator".formatted(Chart.NAMESPACE);

  @ParameterizedTest
  @ValueSource(strings = {"get", "list", "watch", "create", "update", "patch", "delete"})
  void theOperatorHasNoRightOnSecrets(String verb) {
    assertThat(can(verb, "secrets", OPERATOR)).isFalse();
  }

  @Test
  void theOperatorMayRunBuildersAndNotEnterThem() {
    assertThat(can("create", "jobs.batch", OPERATOR)).isTrue();
    assertThat(can("get", "pods", OPERATOR, "--subresource=log")).isTrue();
    assertThat(can("create", "pods", OPERATOR, "--subresource=exec")).isFalse();
    assertThat(can("create", "pods", OPERATOR)).isFalse();
    assertThat(can("update", "osimages.osimage.dev", OPERATOR)).isFalse();
  }

  @Test
  void theOperatorMayUseItsOwnLeaseAndNoOther() {
    assertThat(can("create", "leases.coordination.k8s.io", OPERATOR)).isFalse();
    assertThat(mayUpdateLease("osimage-operator")).isTrue();
    assertThat(mayUpdateLease("another")).isFalse();
  }

  private static boolean mayUpdateLease(String name) {
    return answer(
        new Kubectl(Lab.open().cluster, Chart.NAMESPACE)
            .command(
                "auth", "can-i", "update", "leases.coordination.k8s.io/" + name, "--as", OPERATOR)
            .result());
  }

  @Test
  void everyPodOfOursRunsWherePodSecurityRestrictedIsEnforced() {
    try (var workspace = Workspace.open("restricted")) {
      for (var namespace : new String[] {Chart.NAMESPACE, workspace.namespace}) {
        var labels =
            workspace.client.namespaces().withName(namespace).get().getMetadata().getLabels();
        assertThat(labels).containsEntry("pod-security.kubernetes.io/enforce", "restricted");
      }
      assertThat(workspace.kubectl.command("run", "plain", "--image=plain").result().err())
          .as("it really is enforced")
          .contains("violates PodSecurity");
    }
  }

  @Test
  void whoMayEditANamespaceMayMakeImagesAndWhoMayViewItMayOnlySeeThem() {
    try (var workspace = Workspace.open("roles")) {
      for (var role : new String[] {"view", "edit"}) {
        workspace.kubectl.run(
            "create", "rolebinding", role, "--clusterrole=" + role, "--user=" + role + "or");
      }
      workspace.until("roles are aggregated", () -> can(workspace, "list", "viewor"));
      assertThat(can(workspace, "create", "viewor")).isFalse();
      assertThat(can(workspace, "create", "editor")).isTrue();
    }
  }

  @Test
  void aBuilderHasNoTokenOfTheApiServer() throws Exception {
    try (var workspace = Workspace.open("token");
        var sources = new SourceServer(workspace.cluster)) {
      var hold = sources.hold("file");
      workspace.apply(
          """
          apiVersion: osimage.dev/v1alpha1
          kind: OsImage
          metadata: {name: tokenless}
          spec:
            architecture: amd64
            files:
              rootfs: %s
            destination: {repository: "%s", plainHTTP: true}
          """
              .formatted(
                  sources.publish("file", TestFiles.random(100_000, 13)),
                  workspace.repository("tokenless")));
      hold.awaitReached();

      var pod = workspace.awaitRunningPod();

      assertThat(pod.getSpec().getVolumes())
          .allMatch(volume -> volume.getProjected() == null)
          .allMatch(volume -> volume.getSecret() == null);
      hold.release();
      workspace.awaitReady("tokenless");
    }
  }

  private static boolean can(String verb, String resource, String user, String... more) {
    var words =
        new ArrayList<>(List.of("auth", "can-i", verb, resource, "--all-namespaces", "--as", user));
    words.addAll(List.of(more));
    return answer(
        new Kubectl(Lab.open().cluster, "default").command(words.toArray(String[]::new)).result());
  }

  private static boolean can(Workspace workspace, String verb, String user) {
    return answer(
        workspace
            .kubectl
            .command("auth", "can-i", verb, "osimages.osimage.dev", "--as", user)
            .result());
  }

  private static boolean answer(Command.Result result) {
    assertThat(result.out().strip()).as(result.err()).isIn("yes", "no");
    return result.out().startsWith("yes");
  }
}
