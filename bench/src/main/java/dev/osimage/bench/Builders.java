package dev.osimage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.BuilderLine.PublishedPart;
import dev.osimage.image.PartName;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * In place of the Job controller, the scheduler, kubelet and the builder: each Job gets a pod that
 * runs for a second and ends well. The result is written onto the Job, where otherwise the operator
 * would write it after it has read the pod's log.
 */
final class Builders {

  /** How long each build runs. */
  static final Duration BUILD = Duration.ofSeconds(1);

  private static final double MILLIS = 1000;

  private static final String POD = "-bench";

  private final Api api;
  private final String jobs;
  private final String pods;
  private final Consumer<Exception> failed;
  private final AtomicInteger running = new AtomicInteger();
  private final Queue<Double> seconds = new ConcurrentLinkedQueue<>();

  /** Those for the Jobs of a namespace; {@code failed} hears what goes wrong. */
  Builders(Api api, String namespace, Consumer<Exception> failed) {
    this.api = api;
    this.jobs = "/apis/batch/v1/namespaces/%s/jobs".formatted(namespace);
    this.pods = "/api/v1/namespaces/%s/pods".formatted(namespace);
    this.failed = failed;
  }

  /** What the operator finds on a Job. */
  private record Outcome(BuilderLine.Result result) {}

  /** Works on every Job that is created from now on. */
  void start() throws IOException {
    api.watch(jobs, this::changed, failed);
  }

  /** How many Jobs are not over yet. */
  int running() {
    return running.get();
  }

  /** How long each Job took from when it was seen until it was over, in seconds. */
  List<Double> seconds() {
    return List.copyOf(seconds);
  }

  private void changed(JsonNode event) {
    if (event.path("type").asText().equals("ADDED")) {
      running.incrementAndGet();
      Thread.ofVirtual().start(() -> tryBuild(event.path("object")));
    }
  }

  private void tryBuild(JsonNode job) {
    var begin = Instant.now();
    try {
      build(job);
      seconds.add(Duration.between(begin, Instant.now()).toMillis() / MILLIS);
    } catch (IOException | RuntimeException e) {
      failed.accept(e);
    } finally {
      running.decrementAndGet();
    }
  }

  private void build(JsonNode job) throws IOException {
    var name = job.at("/metadata/name").asText();
    var jobPath = jobs + "/" + name;
    var started = now();
    api.create(pods, pod(job));
    api.merge(jobPath + "/status", jobRuns(started));
    var podPath = pods + "/" + name + POD + "/status";
    api.merge(podPath, podRuns(started));
    Wait.pause(BUILD);
    var ended = now();
    api.merge(podPath, podEnded(started, ended));
    api.merge(jobPath, outcome(name, ended));
    api.merge(jobPath + "/status", jobEnded(ended));
  }

  private static String jobRuns(String started) {
    return """
    {"status": {"startTime": "%s", "active": 1, "ready": 0}}\
    """
        .formatted(started);
  }

  private static String podRuns(String started) {
    return """
    {"status": {"phase": "Running", "startTime": "%s", "containerStatuses": [{
      "name": "builder", "image": "bench", "imageID": "bench", "ready": true, "started": true,
      "restartCount": 0, "state": {"running": {"startedAt": "%s"}}}]}}\
    """
        .formatted(started, started);
  }

  private static String podEnded(String started, String ended) {
    return """
    {"status": {"phase": "Succeeded", "containerStatuses": [{
      "name": "builder", "image": "bench", "imageID": "bench", "ready": false, "started": false,
      "restartCount": 0, "state": {"terminated": {"exitCode": 0, "reason": "Completed",
      "startedAt": "%s", "finishedAt": "%s"}}}]}}\
    """
        .formatted(started, ended);
  }

  private static String jobEnded(String ended) {
    return """
    {"status": {"completionTime": "%s", "active": 0, "ready": 0, "succeeded": 1, "conditions": [
      {"type": "SuccessCriteriaMet", "status": "True", "lastTransitionTime": "%s"},
      {"type": "Complete", "status": "True", "lastTransitionTime": "%s"}]}}\
    """
        .formatted(ended, ended, ended);
  }

  private static String pod(JsonNode job) {
    var pod = job.at("/spec/template").<ObjectNode>deepCopy();
    var metadata = pod.withObject("/metadata");
    metadata.put("name", job.at("/metadata/name").asText() + POD);
    metadata
        .withArray("ownerReferences")
        .add(
            JsonNodeFactory.instance
                .objectNode()
                .put("apiVersion", "batch/v1")
                .put("kind", "Job")
                .put("name", job.at("/metadata/name").asText())
                .put("uid", job.at("/metadata/uid").asText())
                .put("controller", true)
                .put("blockOwnerDeletion", true));
    return pod.toString();
  }

  /** What the operator would have made of the last line of the pod's log. */
  private static String outcome(String job, String ended) {
    var parts =
        List.of(PartName.INITRAMFS, PartName.KERNEL).stream()
            .map(part ->
                new PublishedPart(part, Races.LAYER_TYPE + part.text(), digest(job + part), 1))
            .toList();
    var result = new BuilderLine.Result(BuilderLine.Result.VERSION, digest(job), parts, ended);
    var text = new String(Wire.write(new Outcome(result)), StandardCharsets.UTF_8);
    var annotations = Map.of("annotations", Map.of("osimage.dev/outcome", text));
    return new String(Wire.write(Map.of("metadata", annotations)), StandardCharsets.UTF_8);
  }

  private static Digest digest(String text) {
    return Digest.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
