package dev.osimage.e2e;

import org.junit.jupiter.api.Test;

/** What is deleted in the middle of a build. */
class DeletionE2E {

  @Test
  void anObjectThatIsDeletedWhileItIsBuiltTakesJobAndPodAndPlanWithIt() throws Exception {
    try (var workspace = Workspace.open("deleted");
        var sources = new SourceServer(workspace.cluster)) {
      build(workspace, sources);

      workspace.kubectl.run("delete", "osimage", "goes", "--wait=false");

      workspace.until(
          "everything is gone",
          () ->
              workspace.jobs().isEmpty()
                  && workspace.pods().isEmpty()
                  && workspace
                      .kubectl
                      .run("get", "configmaps", "-l", "osimage.dev/image=goes", "-o", "name")
                      .isBlank());
    }
  }

  @Test
  void aNamespaceThatIsDeletedWhileItsImageIsBuiltGoes() throws Exception {
    try (var workspace = Workspace.open("namespace-deleted");
        var sources = new SourceServer(workspace.cluster)) {
      build(workspace, sources);

      workspace.kubectl.run("delete", "namespace", workspace.namespace, "--wait=false");

      workspace.until(
          "the namespace is gone",
          () -> workspace.client.namespaces().withName(workspace.namespace).get() == null);
    }
  }

  /** Begins a build that does not end by itself. */
  private static void build(Workspace workspace, SourceServer sources) {
    var hold = sources.hold("rootfs");
    workspace.apply(
        """
        apiVersion: osimage.dev/v1alpha1
        kind: OsImage
        metadata: {name: goes}
        spec:
          architecture: amd64
          files:
            rootfs: %s
          destination: {repository: "%s", plainHTTP: true}
        """
            .formatted(
                sources.publish("rootfs", TestFiles.random(4_000_000, 31)),
                workspace.repository("goes")));
    hold.awaitReached();
  }
}
