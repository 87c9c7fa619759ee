package dev.osimage.builder;

import dev.osimage.api.Reason;
import org.jspecify.annotations.Nullable;

/** A build can't go on. The message is a sentence for the user and holds no secret. */
final class BuildFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Reason reason;

  BuildFailure(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  BuildFailure(Reason reason, String message) {
    this(reason, message, null);
  }

  Reason reason() {
    return reason;
  }

  @Override
  public String getMessage() {
    var message = super.getMessage();
    return message == null ? reason.text() : message;
  }
}
