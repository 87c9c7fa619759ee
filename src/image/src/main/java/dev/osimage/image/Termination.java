package dev.osimage.image;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.osimage.api.Reason;
import dev.osimage.oci.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a builder ended: its termination message. At most {@link #MAX_BYTES} long, because kubelet
 * cuts longer ones, and a cut JSON is none.
 *
 * @param version version of this JSON
 * @param reason {@link Reason#SUCCEEDED} or why it failed
 * @param message a sentence for people; empty on success
 * @param digest digest of the published manifest; absent on failure
 * @param step where it failed, if that is known
 * @param finished what a failed build has pushed nevertheless and the next one should know; only as
 *     much as there is room for
 * @param bootLook what a check found of the boot URLs; absent where it did not look at any
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Termination(
    int version,
    Reason reason,
    String message,
    @Nullable Digest digest,
    @Nullable BuildStep step,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<FinishedPart> finished,
    @Nullable BootLook bootLook) {

  /** Longest JSON form, in bytes. */
  public static final int MAX_BYTES = 1024;

  private static final int VERSION = 1;

  public Termination {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(message, "message");
    // Absent in the JSON where there are none.
    finished = finished == null ? List.of() : List.copyOf(finished);
  }

  /** The end of a successful build. */
  public static Termination success(Digest digest) {
    return new Termination(VERSION, Reason.SUCCEEDED, "", digest, null, List.of(), null);
  }

  /** The end of a build that failed nobody knows where. */
  public static Termination failure(Reason reason, String message) {
    return failure(reason, message, null, List.of());
  }

  /**
   * The end of a failed build; a message that is too long is cut at its end, and of the finished
   * parts those are left out that do not fit besides it.
   */
  public static Termination failure(
      Reason reason, String message, @Nullable BuildStep step, List<FinishedPart> finished) {
    var termination = new Termination(VERSION, reason, message, null, step, List.of(), null);
    int keep = message.length();
    while (!termination.fits()) {
      keep = keep * 9 / 10;
      termination =
          new Termination(VERSION, reason, cut(message, keep) + "…", null, step, List.of(), null);
    }
    for (var part : finished) {
      var longer = termination.and(part);
      termination = longer.fits() ? longer : termination;
    }
    return termination;
  }

  /** The same with what was found of the boot URLs; as far as there is room for it. */
  public Termination with(@Nullable BootLook look) {
    if (look == null) {
      return this;
    }
    return Stream.of(look, new BootLook(look.reason(), ""))
        .map(it -> new Termination(version, reason, message, digest, step, finished, it))
        .filter(Termination::fits)
        .findFirst()
        .orElse(this);
  }

  private Termination and(FinishedPart part) {
    var parts = new ArrayList<>(finished);
    parts.add(part);
    return new Termination(version, reason, message, digest, step, parts, bootLook);
  }

  private boolean fits() {
    return Wire.write(this).length <= MAX_BYTES;
  }

  /** The first {@code length} UTF-16 units, or one less where that would split a character. */
  private static String cut(String text, int length) {
    boolean splits = length > 0 && Character.isHighSurrogate(text.charAt(length - 1));
    return text.substring(0, splits ? length - 1 : length);
  }
}
