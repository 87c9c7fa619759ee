package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildStep;
import org.jspecify.annotations.Nullable;

/** A build can't go on. The message is a sentence for the user and holds no secret. */
sealed class BuildFailure extends RuntimeException permits SecretFailure {

  private static final long serialVersionUID = 1L;

  private final BuildStep step;
  private final Reason reason;

  BuildFailure(BuildStep step, Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.step = step;
    this.reason = reason;
  }

  BuildFailure(BuildStep step, Reason reason, String message) {
    this(step, reason, message, null);
  }

  /** Where it failed. */
  BuildStep step() {
    return step;
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
