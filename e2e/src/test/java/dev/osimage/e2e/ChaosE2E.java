package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.osimage.api.OsImageStatus;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * Operator or builder killed at a random moment of a build, {@code -Dchaos.kills=N} times (30);
 * what {@code -Dchaos.seed} says happens again.
 */
// First, because it takes longest.
@Order(1)
class ChaosE2E {

  private static final int KILLS = Integer.getInteger("chaos.kills", 30);
  private static final long SEED = Long.getLong("chaos.seed", System.nanoTime());

  /** Longer than a build of these files takes on two cores that others use as well. */
  private static final int LATEST_KILL_MILLIS = 4000;

  private final Random random = new Random(SEED);

  /** The files of one round, which no other round has. */
  private static final class Round {

    private final int number;
    private final byte[] kernel;
    private final byte[] rootfs;

    Round(int number) {
      this.number = number;
      this.kernel = TestFiles.kernel(300_000, 100 + number);
      this.rootfs = TestFiles.random(6_000_000, 200 + number);
    }

    String tag() {
      return "round-" + number;
    }
  }

  @Test
  void whateverIsKilledOneArtifactWithTheRightBytesIsPublished() throws Exception {
    try (var workspace = Workspace.open("chaos");
        var sources = new SourceServer(workspace.cluster);
        var killer = Executors.newSingleThreadScheduledExecutor()) {
      for (int i = 1; i <= KILLS; i++) {
        var round = new Round(i);
        var killed = kill(workspace, killer);
        workspace.apply(yaml(workspace, sources, round));
        // Another proof may have the operators for itself for minutes.
        var what = killed.get(10, TimeUnit.MINUTES);
        var status = workspace.awaitReady("chaos").getStatus();

        assertPublished(workspace, round, status, what);
      }
    }
  }

  private Future<String> kill(Workspace workspace, ScheduledExecutorService killer) {
    boolean builder = random.nextBoolean();
    int moment = random.nextInt(LATEST_KILL_MILLIS);
    return killer.schedule(
        () -> {
          boolean killed = builder && workspace.killBuilder();
          if (!killed) {
            workspace.deleteOperatorPods();
          }
          return "seed %d: %s killed after %d ms"
              .formatted(SEED, killed ? "builder" : "operator", moment);
        },
        moment,
        TimeUnit.MILLISECONDS);
  }

  private static void assertPublished(
      Workspace workspace, Round round, OsImageStatus status, String what) {
    var artifact = Objects.requireNonNull(status.artifact());
    var repository = workspace.repository("chaos");
    var contentTag = "osimage-" + artifact.inputsHash().substring(0, 16);
    for (var tag : List.of("latest", round.tag(), contentTag)) {
      assertThat(Skopeo.digest(repository + ":" + tag))
          .as("%s, %s", tag, what)
          .isEqualTo(artifact.digest());
    }
    var manifest = Skopeo.manifest(repository + "@" + artifact.digest());
    var json = Wire.read(manifest.getBytes(StandardCharsets.UTF_8), JsonNode.class);
    assertThat(StreamSupport.stream(json.path("layers").spliterator(), false))
        .extracting(layer -> layer.path("digest").asText())
        .as(what)
        .containsExactlyInAnyOrder(
            Digest.of(round.kernel).toString(), Digest.of(round.rootfs).toString());
    assertThat(workspace.jobs()).as(what).hasSizeLessThanOrEqualTo(4).noneMatch(ChaosE2E::active);
  }

  private static boolean active(Job job) {
    var active = job.getStatus().getActive();
    return active != null && active > 0;
  }

  private static String yaml(Workspace workspace, SourceServer sources, Round round) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: chaos}
    spec:
      architecture: amd64
      files:
        kernel: %s
        rootfs: %s
      destination: {repository: "%s", tags: [latest, %s], plainHTTP: true}
    """
        .formatted(
            sources.publish("kernel-" + round.number, round.kernel),
            sources.publish("rootfs-" + round.number, round.rootfs),
            workspace.repository("chaos"),
            round.tag());
  }
}
