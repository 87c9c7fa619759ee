package dev.osimage.image;

import dev.osimage.api.Reason;
import java.util.Objects;

/**
 * What machines without credentials would meet at boot URLs.
 *
 * @param reason {@link Reason#BOOT_URLS_REACHABLE}, or why one of them can't be read
 * @param message the same in a sentence
 */
public record BootLook(Reason reason, String message) {

  public BootLook {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(message, "message");
  }

  /** Whether all can be read. */
  public boolean reachable() {
    return reason == Reason.BOOT_URLS_REACHABLE;
  }
}
