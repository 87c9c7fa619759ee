package dev.osimage.oci.content;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The content itself is damaged, cut, too large or not what was expected: the same bytes fail
 * again, so trying again does not help. Any other {@link IOException} is a failure of the place
 * that the bytes come from.
 */
public final class ContentException extends IOException {

  private static final long serialVersionUID = 1L;

  /** A sentence for users: what was found, what to change. */
  public ContentException(String message) {
    super(message);
  }

  /** A sentence for users, with what a library said about it. */
  public ContentException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
