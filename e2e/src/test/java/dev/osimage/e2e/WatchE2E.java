package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** An operator for some namespaces has rights in these, and they are enough. */
class WatchE2E {

  @Test
  void anOperatorOfOneNamespaceIsReadyWithRolesAlone() {
    try (var workspace = Workspace.open("watch")) {
      var release = workspace.namespace;
      try {
        // It is ready when all its watches are, which the API server refuses without the rights.
        Chart.installAs(
            workspace.cluster,
            workspace.namespace,
            release,
            workspace.lab.image,
            Project.imageDigest(),
            "watch.own=true",
            "crds.install=false",
            "fullnameOverride=" + release);

        assertThat(may(workspace, release, workspace.namespace)).isTrue();
        assertThat(may(workspace, release, "default")).isFalse();
      } finally {
        Chart.uninstall(workspace.cluster, workspace.namespace, release);
      }
    }
  }

  private static boolean may(Workspace workspace, String account, String namespace) {
    var user = "system:serviceaccount:%s:%s".formatted(workspace.namespace, account);
    return new Kubectl(workspace.cluster, namespace)
        .command("auth", "can-i", "create", "jobs.batch", "--as", user)
        .result()
        .out()
        .startsWith("yes");
  }
}
