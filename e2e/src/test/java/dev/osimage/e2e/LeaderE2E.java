package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Two operators, of which one works. */
class LeaderE2E {

  private static final Duration LEASE = Duration.ofSeconds(20);

  /** Less than the Lease holds: it was given back. */
  private static final Duration HANDOVER = LEASE.dividedBy(2);

  /** When the Lease has expired, another retry period and a busy machine. */
  private static final Duration TAKEOVER = LEASE.multipliedBy(2);

  /** For a build as small as this one. */
  private static final Duration BUILD = Duration.ofMinutes(1);

  @Test
  void howeverALeaderEndsTheOtherTakesOverWithinSecondsAndNothingRunsTwice() throws Exception {
    try (var workspace = Workspace.open("leader");
        var registry = new RegistryRecorder(workspace.cluster)) {
      synchronized (workspace.lab) {
        workspace.lab.installOperator(
            "replicas=2",
            "leaderElection.leaseDuration=" + LEASE.toSeconds() + "s",
            "leaderElection.renewDeadline=10s",
            "leaderElection.retryPeriod=1s");
        try {
          var told = endLeader(workspace, registry, "told", HANDOVER, "--wait=false");
          var killed = endLeader(workspace, registry, "killed", TAKEOVER, "--force");

          assertThat(killed).as("the one that took over was killed then").isNotEqualTo(told);
        } finally {
          workspace.lab.installOperator();
        }
      }
    }
  }

  /** Ends the leader, has an image built by the next one, and returns who that is. */
  private static String endLeader(
      Workspace workspace,
      RegistryRecorder registry,
      String name,
      Duration bound,
      String deletion) {
    workspace.until("two operators are ready", () -> readyOperators(workspace) == 2);
    workspace.awaitOperator();
    var leader = workspace.lab.leader();
    var operators = new Kubectl(workspace.cluster, Chart.NAMESPACE);
    if (deletion.equals("--force")) {
      workspace.cluster.kill(operators.run("get", "pod", leader, "-o", "jsonpath={.metadata.uid}"));
    }
    long begin = System.nanoTime();
    operators.run("delete", "pod", leader, deletion);
    workspace.apply(yaml(workspace, registry, name));

    workspace.until("another one leads", () -> !workspace.lab.leader().equals(leader));
    assertThat(since(begin)).as("%s: until another one leads", name).isLessThan(bound);
    var status = workspace.awaitReady(name).getStatus();

    assertThat(since(begin)).as("%s: until Ready", name).isLessThan(bound.plus(BUILD));
    assertThat(workspace.jobs())
        .filteredOn(job -> job.getMetadata().getName().startsWith(name + "-"))
        .hasSize(1);
    assertThat(Objects.requireNonNull(status.build()).attempt()).isEqualTo(1);
    assertThat(registry.requests())
        .filteredOn(request -> request.startsWith("PATCH") && request.contains("/" + name + "/"))
        .as("uploads: rootfs, config")
        .hasSize(2);
    return leader;
  }

  private static long readyOperators(Workspace workspace) {
    return workspace
        .client
        .pods()
        .inNamespace(Chart.NAMESPACE)
        .withLabel("app.kubernetes.io/name", "osimage-operator")
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .filter(pod -> pod.getStatus().getContainerStatuses().getFirst().getReady())
        .count();
  }

  private static Duration since(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  private static String yaml(Workspace workspace, RegistryRecorder registry, String name) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: %s}
    spec:
      architecture: amd64
      files:
        rootfs: {inline: "a root file system"}
      destination: {repository: "%s/%s/%s", tags: [built], plainHTTP: true}
    """
        .formatted(name, registry.host(), workspace.namespace, name);
  }
}
