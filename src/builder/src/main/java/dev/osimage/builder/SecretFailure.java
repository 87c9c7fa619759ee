package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildStep;
import org.jspecify.annotations.Nullable;

/** What a mounted Secret holds does not do; something else in its place may. */
final class SecretFailure extends BuildFailure {

  private static final long serialVersionUID = 1L;

  SecretFailure(Reason reason, String message, @Nullable Throwable cause) {
    super(BuildStep.CREDENTIALS, reason, message, cause);
  }

  /** The same failure for good. */
  BuildFailure after(String waiting) {
    return new BuildFailure(step(), reason(), getMessage() + waiting, this);
  }
}
