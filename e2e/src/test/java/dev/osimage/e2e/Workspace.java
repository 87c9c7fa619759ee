package dev.osimage.e2e;

import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A namespace for one proof, in which Pod Security restricted is enforced. */
final class Workspace implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  final Lab lab = Lab.open();
  final Cluster cluster = lab.cluster;
  final KubernetesClient client = lab.client;
  final Kubectl kubectl;
  final String namespace;

  private Workspace(String namespace) {
    this.namespace = namespace;
    this.kubectl = new Kubectl(cluster, namespace);
    kubectl.restrictedNamespace();
  }

  static Workspace open(String name) {
    return new Workspace("e2e-" + name + "-" + Long.toString(System.nanoTime(), 36));
  }

  /** A repository of this proof's own in the registry without credentials. */
  String repository(String name) {
    return cluster.registry() + "/" + namespace + "/" + name;
  }

  void apply(String yaml) {
    kubectl.apply(yaml);
  }

  OsImage get(String name) {
    return find(name).orElseThrow();
  }

  Optional<OsImage> find(String name) {
    return Optional.ofNullable(
        client.resources(OsImage.class).inNamespace(namespace).withName(name).get());
  }

  /** Waits until the current generation is Ready. */
  OsImage awaitReady(String name) {
    return await(name, "Ready", image -> isCurrent(image, Condition.READY, "True"));
  }

  /** Waits until the current generation is Ready, and the boot gateway answers for it. */
  OsImage awaitServed(String name) {
    awaitReady(name);
    return await(name, "served", i -> isCurrent(i, Condition.BOOT_URLS_REACHABLE, "True"));
  }

  /** Waits until the current generation is Stalled, and returns that condition. */
  Condition awaitStalled(String name) {
    var image = await(name, "Stalled", i -> isCurrent(i, Condition.STALLED, "True"));
    return condition(image, Condition.STALLED).orElseThrow();
  }

  OsImage await(String name, String what, Predicate<OsImage> wanted) {
    until(name + " is " + what, () -> wanted.test(get(name)));
    return get(name);
  }

  void until(String what, Callable<Boolean> wanted) {
    until(what, PATIENCE, wanted);
  }

  void until(String what, Duration patience, Callable<Boolean> wanted) {
    try {
      Awaitility.await(what)
          .atMost(patience)
          .pollInterval(Duration.ofMillis(200))
          .ignoreExceptionsMatching(
              e -> e instanceof NullPointerException || e instanceof NoSuchElementException)
          .until(wanted);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(e.getMessage() + "\n" + scene(), e);
    }
  }

  static Optional<Condition> condition(OsImage image, String type) {
    return image.getStatus().effectiveConditions().stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst();
  }

  private static boolean isCurrent(OsImage image, String type, String status) {
    return Objects.equals(
            image.getStatus().observedGeneration(), image.getMetadata().getGeneration())
        && condition(image, type).map(c -> c.status().equals(status)).orElse(false);
  }

  List<Job> jobs() {
    return client.batch().v1().jobs().inNamespace(namespace).list().getItems();
  }

  List<Pod> pods() {
    return client.pods().inNamespace(namespace).list().getItems();
  }

  /** Waits for a pod whose builder runs. */
  Pod awaitRunningPod() {
    until("a builder runs", () -> runningPod().isPresent());
    return runningPod().orElseThrow();
  }

  private Optional<Pod> runningPod() {
    return pods().stream()
        .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .findFirst();
  }

  /**
   * Does something of which an operator has to be the witness: no other proof ends one meanwhile.
   */
  void whileAnOperatorWorks(Runnable work) {
    synchronized (lab) {
      awaitOperator();
      work.run();
    }
  }

  /** Waits until an operator works. */
  void awaitOperator() {
    until("an operator leads", () -> ready(pod(lab.leader())));
  }

  /** Ends the working operator's process without a warning, and waits until it is back. */
  void killOperator() {
    synchronized (lab) {
      awaitOperator();
      var before = pod(lab.leader());
      var name = before.getMetadata().getName();
      int restarts = restarts(before);
      cluster.kill(before.getMetadata().getUid());
      until("the operator was restarted", () -> restarts(pod(name)) > restarts && ready(pod(name)));
    }
  }

  /** Kills the builder that runs; false when none does. */
  boolean killBuilder() {
    var pod = runningPod();
    pod.ifPresent(p -> cluster.kill(p.getMetadata().getUid()));
    return pod.isPresent();
  }

  /** Takes the operator's pods away at once; their Deployment makes others. */
  void deleteOperatorPods() {
    synchronized (lab) {
      client
          .pods()
          .inNamespace(Chart.NAMESPACE)
          .withLabel("app.kubernetes.io/name", "osimage-operator")
          .withGracePeriod(0)
          .delete();
    }
  }

  private Pod pod(String operator) {
    return Objects.requireNonNull(
        client.pods().inNamespace(Chart.NAMESPACE).withName(operator).get(), operator);
  }

  private static int restarts(Pod pod) {
    return pod.getStatus().getContainerStatuses().getFirst().getRestartCount();
  }

  private static boolean ready(Pod pod) {
    return pod.getStatus().getContainerStatuses().getFirst().getReady();
  }

  private String scene() {
    return String.join(
        "\n",
        kubectl.command("describe", "osimages").result().out(),
        kubectl.command("get", "jobs,pods", "-o", "wide").result().out(),
        new Kubectl(cluster, Chart.NAMESPACE)
            .command("logs", "deployment/osimage-operator", "--tail=40")
            .result()
            .out());
  }

  @Override
  public void close() {
    kubectl.run("delete", "namespace", namespace, "--wait=false", "--ignore-not-found");
  }
}
