package dev.osimage.e2e;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.PartName;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * {@code -Dcrowd.size=N} (300) objects that are applied with one command. Their builder pods are
 * real ones which no node takes: two cores would need ten minutes to run so many.
 */
class CrowdE2E {

  private static final int CROWD = Integer.getInteger("crowd.size", 300);

  /** The chart's builder.limits.perRegistry. */
  private static final int PER_REGISTRY = 10;

  /** For each of them, on two cores that others use as well. */
  private static final Duration PATIENCE = Duration.ofSeconds(2).multipliedBy(CROWD);

  @Test
  void hundredsAtOnceNeitherStampedeTheirRegistryNorStarveAnother() {
    try (var workspace = Workspace.open("crowd");
        var elsewhere = Workspace.open("crowd-elsewhere");
        var room = new Room(workspace);
        var crowd = new Crowd(workspace)) {
      workspace.apply(
          IntStream.range(0, CROWD)
              .mapToObj(i -> yaml("crowd-" + i, "crowd.example.com/os/crowd-" + i))
              .collect(joining("---\n")));
      assertThat(room.awaitWaitingPod().getSpec().getNodeName()).isNull();
      workspace.until(
          "all others wait for their turn",
          PATIENCE,
          () -> crowd.queued.size() >= CROWD - PER_REGISTRY);

      elsewhere.apply(yaml("other", elsewhere.repository("other")));
      elsewhere.awaitReady("other");
      assertThat(crowd.ready()).as("Ready before the one elsewhere").isZero();

      workspace.until("all are Ready", PATIENCE, crowd::endBuilders);
      assertThat(crowd.mostPods()).as("builders at once").isEqualTo(PER_REGISTRY);
      assertThat(crowd.reasons).as("reasons").doesNotContain("Cancelling");
      assertThat(crowd.queued.values()).as("writes of one that waits").containsOnly(1);
      workspace.until(
          "all Jobs have succeeded",
          () -> workspace.jobs().stream().allMatch(CrowdE2E::hasSucceeded));
      assertThat(workspace.jobs())
          .hasSize(CROWD)
          .extracting(CrowdE2E::owner)
          .doesNotHaveDuplicates();
    }
  }

  private static boolean hasSucceeded(Job job) {
    return Objects.equals(job.getStatus().getSucceeded(), 1);
  }

  private static String owner(Job job) {
    return job.getMetadata().getOwnerReferences().getFirst().getName();
  }

  /** Sees every state of the objects and their builder pods, and does what builders would. */
  private static final class Crowd implements AutoCloseable {

    /** How many versions there were of an object that waited for its turn. */
    final Map<String, Integer> queued = new ConcurrentHashMap<>();

    /** Every reason that an object gave for being Ready or not. */
    final Set<String> reasons = ConcurrentHashMap.newKeySet();

    private final Set<String> ready = ConcurrentHashMap.newKeySet();
    private final Map<String, Pod> alive = new HashMap<>();
    private final Set<String> ended = new HashSet<>();
    private int mostPods;
    private final Workspace workspace;
    private final SharedIndexInformer<OsImage> images;
    private final SharedIndexInformer<Pod> pods;

    Crowd(Workspace workspace) {
      this.workspace = workspace;
      this.images =
          workspace
              .client
              .resources(OsImage.class)
              .inNamespace(workspace.namespace)
              .inform(new EachState<>(this::look));
      this.pods =
          workspace
              .client
              .pods()
              .inNamespace(workspace.namespace)
              .inform(new EachState<>(this::count));
    }

    int ready() {
      return ready.size();
    }

    synchronized int mostPods() {
      return mostPods;
    }

    private void look(OsImage image) {
      if (image.getStatus() == null) {
        return;
      }
      var name = image.getMetadata().getName();
      var condition = Workspace.condition(image, Condition.READY);
      condition.ifPresent(c -> reasons.add(c.reason()));
      condition.filter(c -> c.status().equals("True")).ifPresent(_ -> ready.add(name));
      condition
          .filter(c -> c.reason().equals("Queued"))
          .ifPresent(_ -> queued.merge(name, 1, Integer::sum));
    }

    /** A builder is one from the creation of its pod on until it is ended here. */
    private synchronized void count(Pod pod) {
      if (!ended.contains(pod.getMetadata().getName())) {
        alive.put(pod.getMetadata().getName(), pod);
        mostPods = Math.max(mostPods, alive.size());
      }
    }

    /** Ends all builders that there are; true when nobody waits any more. */
    boolean endBuilders() {
      takeAlive().forEach(this::end);
      return ready.size() == CROWD;
    }

    private synchronized List<Pod> takeAlive() {
      var pods = List.copyOf(alive.values());
      ended.addAll(alive.keySet());
      alive.clear();
      return pods;
    }

    /**
     * There is no log with the result: its record is on the Job before the operator looks for it.
     */
    private void end(Pod pod) {
      var client = workspace.client;
      client
          .batch()
          .v1()
          .jobs()
          .inNamespace(workspace.namespace)
          .withName(pod.getMetadata().getOwnerReferences().getFirst().getName())
          .patch(
              PatchContext.of(PatchType.STRATEGIC_MERGE),
              new JobBuilder()
                  .withNewMetadata()
                  .addToAnnotations("osimage.dev/outcome", outcome())
                  .endMetadata()
                  .build());
      client
          .pods()
          .resource(pod)
          .subresource("status")
          .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\": {\"phase\": \"Succeeded\"}}");
    }

    /** What the operator finds on a Job. */
    private record Outcome(BuilderLine.Result result) {}

    private static String outcome() {
      var digest = Digest.of("an image".getBytes(StandardCharsets.UTF_8));
      var part =
          new BuilderLine.PublishedPart(PartName.ROOTFS, "application/octet-stream", digest, 1);
      var now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
      var result = new BuilderLine.Result(BuilderLine.Result.VERSION, digest, List.of(part), now);
      return new String(Wire.write(new Outcome(result)), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
      images.close();
      pods.close();
    }
  }

  private record EachState<T>(Consumer<T> seen) implements ResourceEventHandler<T> {

    @Override
    public void onAdd(T object) {
      seen.accept(object);
    }

    @Override
    public void onUpdate(T before, T after) {
      seen.accept(after);
    }

    @Override
    public void onDelete(T object, boolean unknown) {
      // Nobody deletes anything here.
    }
  }

  private static String yaml(String name, String repository) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: %s}
    spec:
      architecture: amd64
      files:
        rootfs: {inline: "a root file system"}
      destination: {repository: "%s", tags: [crowd], plainHTTP: true}
    """
        .formatted(name, repository);
  }
}
