package dev.osimage.operator.osimage;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.osimage.api.Reason;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.FinishedPart;
import dev.osimage.image.Wire;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How an attempt ended, as the annotation {@link Labels#OUTCOME} of its Job carries it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Outcome(BuilderLine.@Nullable Result result, @Nullable Failure failure) {

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Failure(
      Reason reason,
      String message,
      String finishedAt,
      @Nullable String step,
      @Nullable Integer exitCode,
      @Nullable String logTail,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<FinishedPart> finished) {

    Failure {
      Objects.requireNonNull(reason, "reason");
      Objects.requireNonNull(message, "message");
      Objects.requireNonNull(finishedAt, "finishedAt");
      // Absent in the JSON where there are none.
      finished = finished == null ? List.of() : List.copyOf(finished);
    }

    static Failure of(Attempt.Failed failed) {
      var trace = failed.trace();
      return new Failure(
          failed.reason(),
          failed.message(),
          failed.finishedAt().toString(),
          trace.step(),
          trace.exitCode(),
          trace.logTail(),
          trace.finished());
    }

    Attempt.Failed failed() {
      return new Attempt.Failed(
          reason,
          message,
          Instant.parse(finishedAt),
          new Attempt.Trace(step, exitCode, logTail, finished));
    }
  }

  static String write(Attempt.State state) {
    var outcome =
        switch (state) {
          case Attempt.Succeeded succeeded -> new Outcome(succeeded.result(), null);
          case Attempt.Failed failed -> new Outcome(null, Failure.of(failed));
          case Attempt.Pending pending -> throw new IllegalArgumentException("not ended");
          case Attempt.Running running -> throw new IllegalArgumentException("not ended");
        };
    return new String(Wire.write(outcome), StandardCharsets.UTF_8);
  }

  static Attempt.State read(String json) {
    var outcome = Wire.read(json.getBytes(StandardCharsets.UTF_8), Outcome.class);
    if (outcome.result() != null) {
      return new Attempt.Succeeded(outcome.result());
    }
    if (outcome.failure() != null) {
      return outcome.failure().failed();
    }
    throw new IllegalArgumentException("an outcome that is neither result nor failure");
  }
}
