package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildStep;
import dev.osimage.image.Termination;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the operator tells a pod what to do, and the pod answers.
 *
 * @param file what to do, as JSON
 * @param digest its digest, by a way that nobody else can write to
 * @param termination the file for the {@link Termination}
 */
record Handover(Path file, String digest, Path termination) {

  private static final Logger LOG = LoggerFactory.getLogger(Handover.class);
  private static final int MAX_BYTES = 2 * 1024 * 1024;

  /** Reads what to do; throws {@link BuildFailure}. */
  <T> T read(Function<byte[], T> reader) {
    try (var in = Files.newInputStream(file)) {
      var json = in.readNBytes(MAX_BYTES);
      if (!Digest.of(json).toString().equals(digest)) {
        throw new BuildFailure(
            BuildStep.PLAN,
            Reason.INTERNAL_ERROR,
            "the plan is not the operator's: the ConfigMap with the name of this Job was made by"
                + " somebody else; delete it");
      }
      return reader.apply(json);
    } catch (IOException | IllegalArgumentException e) {
      throw new BuildFailure(
          BuildStep.PLAN, Reason.INTERNAL_ERROR, "the plan can't be read: " + e.getMessage(), e);
    }
  }

  /** Leaves the answer for the operator. */
  void answer(Termination answer) {
    try {
      Files.write(termination, Wire.write(answer));
    } catch (IOException e) {
      LOG.error("the termination message can't be written", e);
    }
  }
}
