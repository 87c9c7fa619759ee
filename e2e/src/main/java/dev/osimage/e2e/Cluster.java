package dev.osimage.e2e;

import java.net.URI;
import java.nio.file.Path;

/**
 * A Kubernetes cluster with registries beside it, as demo and proofs need it. All addresses are
 * good for pods and for this process alike. What a cluster cannot do it refuses with {@link
 * UnsupportedByCluster}.
 */
public interface Cluster {

  /** The kubeconfig of its administrator. */
  Path kubeconfig();

  /** {@code host:port} of a registry without TLS and without credentials. */
  String registry();

  /** A registry without TLS that wants a user name and a password. */
  PasswordRegistry passwordRegistry();

  /** An address of this process that pods reach: where a test's own servers listen. */
  String address();

  /** Makes a container image known to the cluster, and returns the name for pods. */
  String load(Path ociArchive);

  /** Serves a file to pods over HTTP for as long as the cluster lives. */
  URI serve(String name, Path file);

  /** Kills a pod's processes with SIGKILL, as a node that runs out of memory does. */
  void kill(String podUid);

  /** {@code host:port} and what it wants to know. */
  record PasswordRegistry(String host, String username, String password) {}

  /** The cluster that {@link ClusterKind} chooses from the environment; k3s is started. */
  static Cluster running() {
    var environment = System.getenv();
    return switch (ClusterKind.chosen(environment, K3sCluster::isPossible)) {
      case LOCAL -> LocalCluster.running();
      case K3S -> K3sCluster.start();
      case KUBECONFIG -> GivenCluster.from(environment);
    };
  }
}
