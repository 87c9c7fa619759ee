package dev.osimage.e2e;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** kubectl in one namespace. */
final class Kubectl {

  private final Cluster cluster;
  private final String namespace;

  Kubectl(Cluster cluster, String namespace) {
    this.cluster = cluster;
    this.namespace = namespace;
  }

  String namespace() {
    return namespace;
  }

  /** Makes the namespace, in which Pod Security restricted is enforced. */
  void restrictedNamespace() {
    apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: %s
          labels:
            pod-security.kubernetes.io/enforce: restricted
        """
            .formatted(namespace));
  }

  String apply(String yaml) {
    return command("apply", "-f", "-").reading(yaml).run();
  }

  String run(String... arguments) {
    return command(arguments).run();
  }

  Command command(String... arguments) {
    var words = new ArrayList<>(List.of("--namespace", namespace));
    words.addAll(List.of(arguments));
    return Command.of("kubectl", words.toArray(String[]::new))
        .with("KUBECONFIG", cluster.kubeconfig().toString())
        .within(Duration.ofMinutes(5));
  }
}
