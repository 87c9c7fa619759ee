package dev.osimage.operator.osimage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.osimage.api.Durations;
import dev.osimage.api.OsImage;
import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.FinishedPart;
import dev.osimage.image.Planner;
import dev.osimage.image.PublicationHash;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import dev.osimage.operator.Settings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a spec asks for. */
sealed interface Target {

  /**
   * A spec that can be built.
   *
   * @param identity 8 hex digits over the object and every spec field that plan or pod carry:
   *     attempts with another identity are of another spec
   * @param publicationHash identity of what is published, see {@link PublicationHash}
   */
  record Buildable(String identity, BuildPlan plan, String publicationHash, Duration pendingTimeout)
      implements Target {

    /** The same for an attempt that follows others, which pushed these parts. */
    Buildable after(List<FinishedPart> finished) {
      return new Buildable(identity, plan.withFinished(finished), publicationHash, pendingTimeout);
    }
  }

  /** A spec that can't be built, and why, as a sentence for the user. */
  record Unbuildable(Reason reason, String problem) implements Target {

    Unbuildable(String problem) {
      this(Reason.INVALID_SPEC, problem);
    }
  }

  /** Below what a ConfigMap holds. */
  int MAX_PLAN_BYTES = 900 * 1024;

  /** Fields of the spec that neither plan nor pod carry. */
  List<String> NOT_IN_A_JOB = List.of("suspend", "retry", "drift", "retention", "deletionPolicy");

  static Target of(OsImage image, Settings settings) {
    var spec = image.getSpec();
    try {
      var planned =
          Planner.plan(spec, settings.timeout()).withCredentialsWait(settings.credentialsWait());
      var plan = planned.withNetwork(settings.builderNetwork().of(planned));
      var pendingTimeout =
          spec.pendingTimeout() == null
              ? settings.pendingTimeout()
              : Durations.parse(spec.pendingTimeout());
      if (Wire.write(plan).length > MAX_PLAN_BYTES) {
        return new Unbuildable(
            "inline texts, config and annotations are too long together: shorten them, or serve"
                + " files over HTTP");
      }
      var refused = settings.allowedHosts().problem(plan);
      if (refused.isPresent()) {
        return new Unbuildable(refused.get());
      }
      return new Buildable(identity(image), plan, PublicationHash.of(plan), pendingTimeout);
    } catch (IllegalArgumentException e) {
      return new Unbuildable(String.valueOf(e.getMessage()));
    }
  }

  /** Asked for while nothing was published, it is answered by the first build. */
  private static @Nullable String rebuildOfWhatIsPublished(OsImage image) {
    var rebuild = Requests.of(image).rebuild();
    var artifact = image.getStatus() == null ? null : image.getStatus().artifact();
    return artifact == null || Objects.equals(rebuild, artifact.rebuild()) ? null : rebuild;
  }

  private static String identity(OsImage image) {
    var json = Wire.read(Wire.write(image.getSpec()), ObjectNode.class);
    json.remove(NOT_IN_A_JOB);
    var rebuild = rebuildOfWhatIsPublished(image);
    var lost = Requests.of(image).lost();
    var text =
        image.getMetadata().getUid()
            + new String(Wire.write(json), StandardCharsets.UTF_8)
            + (rebuild == null ? "" : rebuild)
            + (lost == null ? "" : lost);
    return Digest.of(text.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 8);
  }
}
