package dev.osimage.oci.signature;

import java.util.List;

/**
 * No signature of a manifest holds. The message says what was looked at and why nothing of it
 * holds; {@link #reasons} has all of it.
 */
public final class VerificationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** So many reasons stand in the message. */
  private static final int TOLD = 10;

  private final transient List<String> reasons;
  private final boolean inconclusive;

  VerificationException(String summary, List<String> reasons, boolean inconclusive) {
    super(summary + ": " + told(reasons));
    this.reasons = List.copyOf(reasons);
    this.inconclusive = inconclusive;
  }

  /** For each thing that was looked at, why it does not count. */
  public List<String> reasons() {
    return reasons;
  }

  /** Whether something could not be read, so that a later attempt may succeed. */
  public boolean inconclusive() {
    return inconclusive;
  }

  private static String told(List<String> reasons) {
    var told = String.join("; ", reasons.subList(0, Math.min(TOLD, reasons.size())));
    return reasons.size() <= TOLD ? told : told + "; and %d more".formatted(reasons.size() - TOLD);
  }
}
