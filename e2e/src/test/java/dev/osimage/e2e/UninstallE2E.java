package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImage;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Uninstalling leaves OsImages, and none that nobody can delete. */
class UninstallE2E {

  private static final String KINDS =
      "deployments,jobs,pods,services,serviceaccounts,roles,rolebindings";

  @Test
  void afterHelmUninstallNoOsImageWaitsForAnOperatorThatIsGone() {
    try (var workspace = Workspace.open("uninstall")) {
      var release = workspace.namespace;
      install(workspace, release);
      // The operator that all share watches the namespace as well, and has a mind of its own about
      // finalizers.
      synchronized (workspace.lab) {
        workspace.lab.installOperator("replicas=0");
        try {
          workspace.until("no other operator runs", () -> operators(workspace) == 0);
          makeImage(workspace);

          var said = Chart.uninstall(workspace.cluster, workspace.namespace, release);

          assertThat(said).contains("released 1 OsImages");
          assertThat(Chart.isInstalled(workspace.cluster, workspace.namespace, release)).isFalse();
          assertNothingIsLeftOf(workspace, release);
          assertThat(finalizers(workspace)).isEmpty();
          assertThat(workspace.get("kept").getMetadata().getDeletionTimestamp()).isNull();
          workspace.kubectl.run("delete", "osimage", "kept", "--timeout=30s");
        } finally {
          Chart.remove(workspace.cluster, workspace.namespace, release);
          workspace.lab.installOperator();
        }
      }
    }
  }

  private static void install(Workspace workspace, String release) {
    Chart.installAs(
        workspace.cluster,
        workspace.namespace,
        release,
        workspace.lab.image,
        Project.imageDigest(),
        "watch.own=true",
        "crds.install=false",
        "fullnameOverride=" + release);
  }

  private static long operators(Workspace workspace) {
    return workspace
        .client
        .pods()
        .inNamespace(Chart.NAMESPACE)
        .withLabel("app.kubernetes.io/name", "osimage-operator")
        .list()
        .getItems()
        .size();
  }

  /** An OsImage with the finalizer, and nothing else that the operator would do about it. */
  private static void makeImage(Workspace workspace) {
    workspace.apply(
        """
        apiVersion: osimage.dev/v1alpha1
        kind: OsImage
        metadata: {name: kept}
        spec:
          suspend: true
          deletionPolicy: Untag
          architecture: amd64
          files:
            rootfs: {inline: "a root file system"}
          destination: {repository: "%s", plainHTTP: true}
        """
            .formatted(workspace.repository("kept")));
    workspace.until(
        "its own operator has set the finalizer",
        () -> finalizers(workspace).equals(List.of(OsImage.FINALIZER)));
  }

  private static List<String> finalizers(Workspace workspace) {
    return workspace.get("kept").getMetadata().getFinalizers();
  }

  private static void assertNothingIsLeftOf(Workspace workspace, String release) {
    workspace.until(
        "everything of the release is gone",
        () ->
            workspace
                .kubectl
                .run("get", KINDS, "-o", "name")
                .lines()
                .noneMatch(name -> name.contains("/" + release)));
  }
}
