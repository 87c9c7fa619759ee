package dev.osimage.e2e;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The operator, installed with Helm as an administrator would. */
final class Chart {

  static final String NAMESPACE = "osimage-system";
  static final String RELEASE = "osimage-operator";

  /** Secret in the operator's namespace with what the gateway logs in to registries with. */
  static final String GATEWAY_CREDENTIALS = "gateway-registries";

  private static final int GATEWAY_PORT = 30880;

  private Chart() {}

  /** The values for a boot gateway at a port of the cluster's nodes. */
  static List<String> gateway(Cluster cluster) {
    return List.of(
        "gateway.enabled=true",
        "gateway.url=http://%s:%d".formatted(nodeAddress(cluster), GATEWAY_PORT),
        "gateway.replicas=1",
        "gateway.service.type=NodePort",
        "gateway.service.nodePort=" + GATEWAY_PORT,
        "gateway.credentialsSecret=" + GATEWAY_CREDENTIALS,
        "gateway.cache.size=2Gi");
  }

  private static String nodeAddress(Cluster cluster) {
    return new Kubectl(cluster, NAMESPACE)
        .run(
            "get",
            "nodes",
            "-o",
            "jsonpath={range .items[*]}{.status.addresses[?(@.type==\"InternalIP\")].address}{\"\\n\"}{end}")
        .lines()
        .map(line -> line.replaceFirst(" .*", ""))
        .filter(address -> !address.isEmpty())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no node has an address"));
  }

  /**
   * Installs or upgrades to an image {@code repository:tag} of this digest; waits until it runs.
   */
  static void install(Cluster cluster, String image, String digest, String... values) {
    new Kubectl(cluster, NAMESPACE).restrictedNamespace();
    installAs(cluster, NAMESPACE, RELEASE, image, digest, values);
  }

  /** The same with another release, in a namespace that is there. */
  static void installAs(
      Cluster cluster,
      String namespace,
      String release,
      String image,
      String digest,
      String... values) {
    int colon = image.lastIndexOf(':');
    var arguments =
        new ArrayList<>(
            List.of(
                "upgrade",
                "--install",
                release,
                Project.file("helm/osimage-operator").toString(),
                "--namespace",
                namespace,
                "--wait",
                "--timeout",
                "3m",
                "--set",
                "image.repository=" + image.substring(0, colon),
                "--set",
                "image.tag=" + image.substring(colon + 1),
                "--set",
                // The tag stays the same from build to build: this makes the pods follow the image.
                "podAnnotations.osimage\\.dev/image-digest=" + digest,
                "--set",
                "gateway.podAnnotations.osimage\\.dev/image-digest=" + digest));
    for (var value : values) {
      arguments.add("--set");
      arguments.add(value);
    }
    if (pending(cluster, namespace, release)) {
      // An earlier call was killed half-way. The CRD stays, and so do all OsImages; the operator
      // that
      // comes next takes care of their finalizers.
      remove(cluster, namespace, release);
    }
    helm(cluster, arguments.toArray(String[]::new)).run();
  }

  /** Removes a release, but for the CRD; returns what Helm and its hooks said. */
  static String uninstall(Cluster cluster, String namespace, String release) {
    var result = helm(cluster, "uninstall", release, "--namespace", namespace, "--wait").result();
    var said = result.out() + result.err();
    if (result.exit() != 0) {
      throw new IllegalStateException("helm uninstall " + release + ": " + said);
    }
    return said;
  }

  /** Removes what there is of a release, without looking after its OsImages. */
  static void remove(Cluster cluster, String namespace, String release) {
    helm(
            cluster,
            "uninstall",
            release,
            "--namespace",
            namespace,
            "--wait",
            "--no-hooks",
            "--ignore-not-found")
        .run();
  }

  /** Whether Helm knows the release. */
  static boolean isInstalled(Cluster cluster, String namespace, String release) {
    return helm(cluster, "status", release, "--namespace", namespace).result().exit() == 0;
  }

  private static boolean pending(Cluster cluster, String namespace, String release) {
    return helm(cluster, "status", release, "--namespace", namespace)
        .result()
        .out()
        .contains("STATUS: pending-");
  }

  private static Command helm(Cluster cluster, String... arguments) {
    return Command.of("helm", arguments)
        .with("KUBECONFIG", cluster.kubeconfig().toString())
        .within(Duration.ofMinutes(4));
  }
}
