package dev.osimage.operator.osimage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageSpec;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.PartName;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import dev.osimage.operator.AllowedHosts;
import dev.osimage.operator.BuilderNetwork;
import dev.osimage.operator.BuilderPod;
import dev.osimage.operator.Settings;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Specs, attempts and settings that the tests of this package speak about. */
final class Examples {

  static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  static final String FINISHED = "2026-03-01T11:59:00Z";
  static final String UID = "6c1a5fd4-0000-4000-8000-000000000001";

  static final Settings SETTINGS = settings(BuilderNetwork.PLAIN);

  private static final Map<OsImageSpec, Target> TARGETS = new ConcurrentHashMap<>();

  /** A spec with three parts and two tags; the others are made of it. */
  static final OsImageSpec A =
      spec(
          """
          {
            "architecture": "amd64",
            "format": "ironcore",
            "commandLine": "ro console=ttyS0",
            "files": {
              "kernel": {"http": {"url": "https://files.example.com/vmlinuz", "digest": "sha256:%s"}},
              "initramfs": {"http": {"url": "https://files.example.com/initrd", "digest": "sha256:%s"}},
              "rootfs": {"inline": "root"}
            },
            "destination": {
              "repository": "registry.example.com/os/debian",
              "tags": ["1592.1-amd64", "latest-amd64"]
            }
          }
          """
              .formatted("1".repeat(64), "2".repeat(64)));

  /** Another content for the same place. */
  static final OsImageSpec B = with(A, "commandLine", "rw");

  /** What admission lets through and nobody can build. */
  static final OsImageSpec UNBUILDABLE = with(A, "destination/repository", "no-host");

  private Examples() {}

  /** The same settings with another network. */
  static Settings settings(BuilderNetwork network) {
    return settings(network, null);
  }

  /** The same settings with another network, and perhaps a boot gateway. */
  static Settings settings(BuilderNetwork network, @Nullable String gatewayUrl) {
    return new Settings(
        "registry.example.com/osimage:1",
        "IfNotPresent",
        List.of(),
        new ResourceRequirements(),
        BuilderPod.PLAIN,
        network,
        AllowedHosts.ALL,
        Duration.ofHours(1),
        Duration.ofMinutes(15),
        Duration.ofSeconds(10),
        Duration.ofMinutes(5),
        Duration.ofMinutes(1),
        Duration.ofMinutes(10),
        Duration.ofMinutes(2),
        Duration.ofMinutes(5),
        20,
        10,
        new Settings.KeptJobs(3, Duration.ofDays(7)),
        Optional.ofNullable(gatewayUrl),
        Duration.ofSeconds(5),
        0);
  }

  static OsImageSpec spec(String json) {
    return Wire.read(json.getBytes(StandardCharsets.UTF_8), OsImageSpec.class);
  }

  static JsonNode json(String text) {
    return Wire.read(text.getBytes(StandardCharsets.UTF_8), JsonNode.class);
  }

  /** The same spec with one field changed, which {@code path} names with slashes between. */
  static OsImageSpec with(OsImageSpec spec, String path, Object value) {
    var json = Wire.read(Wire.write(spec), ObjectNode.class);
    int slash = path.lastIndexOf('/');
    var parent = slash < 0 ? json : (ObjectNode) json.at("/" + path.substring(0, slash));
    parent.set(path.substring(slash + 1), Wire.read(Wire.write(value), JsonNode.class));
    return Wire.read(Wire.write(json), OsImageSpec.class);
  }

  static OsImageSpec suspended(OsImageSpec spec) {
    return with(spec, "suspend", true);
  }

  static OsImage image(OsImageSpec spec, long generation) {
    var image = new OsImage();
    image.setMetadata(
        new ObjectMetaBuilder()
            .withName("debian")
            .withNamespace("images")
            .withUid(UID)
            .withGeneration(generation)
            .build());
    image.setSpec(spec);
    return image;
  }

  static Target target(OsImageSpec spec) {
    return TARGETS.computeIfAbsent(spec, s -> Target.of(image(s, 1), SETTINGS));
  }

  static Target.Buildable buildable(OsImageSpec spec) {
    if (target(spec) instanceof Target.Buildable buildable) {
      return buildable;
    }
    throw new IllegalArgumentException("can't be built");
  }

  static Observed observed(
      OsImageSpec spec, long generation, OsImageStatus status, Attempt... attempts) {
    return observedAt(NOW, spec, generation, status, attempts);
  }

  static Observed observedAt(
      Instant now, OsImageSpec spec, long generation, OsImageStatus status, Attempt... attempts) {
    return new Observed(
        generation,
        spec,
        status,
        Requests.NONE,
        target(spec),
        List.of(attempts),
        List.of(),
        false,
        now);
  }

  /** An attempt at a spec, created a minute ago. */
  static Attempt attempt(OsImageSpec spec, long generation, int number, Attempt.State state) {
    var target = buildable(spec);
    return new Attempt(
        BuildJob.name(image(spec, generation), target, number),
        target.identity(),
        target.publicationHash(),
        Requests.NONE,
        number,
        number,
        generation,
        NOW.minusSeconds(60),
        false,
        false,
        true,
        null,
        state);
  }

  /** The same attempt while its Job is being deleted. */
  static Attempt deleting(Attempt attempt) {
    return change(attempt, true, attempt.podAlive(), attempt.state());
  }

  /** The same attempt while its pod may still run, although it was given up. */
  static Attempt podAlive(Attempt attempt) {
    return change(attempt, attempt.deleting(), true, attempt.state());
  }

  /** The same attempt somewhere else. */
  static Attempt in(Attempt attempt, Attempt.State state) {
    return change(attempt, attempt.deleting(), attempt.podAlive(), state);
  }

  private static Attempt change(
      Attempt attempt, boolean deleting, boolean podAlive, Attempt.State state) {
    return new Attempt(
        attempt.job(),
        attempt.identity(),
        attempt.publicationHash(),
        attempt.requests(),
        attempt.number(),
        attempt.tries(),
        attempt.generation(),
        attempt.createdAt(),
        deleting,
        podAlive,
        attempt.recorded(),
        attempt.disruption(),
        state);
  }

  /** The same attempt as a Job that was made at another time. */
  static Attempt createdAt(Attempt attempt, Instant time) {
    return new Attempt(
        attempt.job(),
        attempt.identity(),
        attempt.publicationHash(),
        attempt.requests(),
        attempt.number(),
        attempt.tries(),
        attempt.generation(),
        time,
        attempt.deleting(),
        attempt.podAlive(),
        attempt.recorded(),
        attempt.disruption(),
        attempt.state());
  }

  static Attempt.State pending() {
    return pending(Reason.PENDING);
  }

  static Attempt.State pending(Reason reason) {
    return new Attempt.Pending(reason, "0/3 nodes are available");
  }

  static Attempt.State running() {
    return new Attempt.Running(new BuilderLine.Progress(1, 3, 42, 100L));
  }

  static Attempt.State succeeded(OsImageSpec spec) {
    return new Attempt.Succeeded(result(buildable(spec).plan()));
  }

  static Attempt.State failed(Reason reason) {
    return new Attempt.Failed(reason, "it did not work", Instant.parse(FINISHED));
  }

  /** What a builder answers for a plan: every part has 100 bytes. */
  static BuilderLine.Result result(BuildPlan plan) {
    var parts =
        plan.parts().stream()
            .map(part ->
                new BuilderLine.PublishedPart(part.name(), part.mediaType(), digest(part), 100))
            .toList();
    var digest = Digest.of(plan.inputsHash().getBytes(StandardCharsets.UTF_8));
    return new BuilderLine.Result(BuilderLine.Result.VERSION, digest, parts, FINISHED);
  }

  private static Digest digest(BuildPlan.PlannedPart part) {
    return part.digest() == null ? found(part.name()) : part.digest();
  }

  /** The digest of a part that only the builder finds out. */
  static Digest found(PartName name) {
    return Digest.of(("found " + name.text()).getBytes(StandardCharsets.UTF_8));
  }

  /** The status of an object that was seen at this generation, and nothing else. */
  static OsImageStatus seen(long generation, Condition... conditions) {
    var all = conditions.length == 0 ? null : List.of(conditions);
    var draft = new StatusDraft(OsImageStatus.empty());
    draft.observedGeneration = generation;
    draft.conditions = all;
    return draft.status();
  }

  /** The status after this attempt published its spec. */
  static OsImageStatus published(OsImageSpec spec, long generation, int number) {
    var attempt = attempt(spec, generation, number, succeeded(spec));
    return report(spec, generation, OsImageStatus.empty(), attempt);
  }

  /** One look at an object: the status that follows from another one. */
  static OsImageStatus report(
      OsImageSpec spec, long generation, OsImageStatus before, Attempt... attempts) {
    var observed = observed(spec, generation, before, attempts);
    var decision = Decide.decide(observed, SETTINGS);
    return Report.status(image(spec, generation), observed, decision, Chore.Nothing.EVER);
  }
}
