package dev.osimage.image;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.osimage.api.Reason;
import dev.osimage.oci.Digest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a builder ended: its termination message. At most {@link #MAX_BYTES} long, because kubelet
 * cuts longer ones, and a cut JSON is none.
 *
 * @param version version of this JSON
 * @param reason {@link Reason#SUCCEEDED} or why it failed
 * @param message a sentence for people; empty on success
 * @param digest digest of the published manifest; absent on failure
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Termination(int version, Reason reason, String message, @Nullable Digest digest) {

  /** Longest JSON form, in bytes. */
  public static final int MAX_BYTES = 1024;

  private static final int VERSION = 1;

  public Termination {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(message, "message");
  }

  /** The end of a successful build. */
  public static Termination success(Digest digest) {
    return new Termination(VERSION, Reason.SUCCEEDED, "", digest);
  }

  /** The end of a failed build; a message that is too long is cut at its end. */
  public static Termination failure(Reason reason, String message) {
    var termination = new Termination(VERSION, reason, message, null);
    int keep = message.length();
    while (Wire.write(termination).length > MAX_BYTES) {
      keep = keep * 9 / 10;
      termination = new Termination(VERSION, reason, cut(message, keep) + "…", null);
    }
    return termination;
  }

  /** The first {@code length} UTF-16 units, or one less where that would split a character. */
  private static String cut(String text, int length) {
    boolean splits = length > 0 && Character.isHighSurrogate(text.charAt(length - 1));
    return text.substring(0, splits ? length - 1 : length);
  }
}
