package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.oci.http.RetryPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A source can't be read; it knows how the build fails of it, unless trying again helps. */
final class SourceException extends IOException implements RetryPolicy.Retryable {

  private static final long serialVersionUID = 1L;

  private final BuildFailure failure;
  private final transient @Nullable Duration retryAfter;

  SourceException(BuildFailure failure, @Nullable Duration retryAfter) {
    super(failure.getMessage(), failure);
    this.failure = failure;
    this.retryAfter = retryAfter;
  }

  BuildFailure failure() {
    return failure;
  }

  @Override
  public boolean retryable() {
    return failure.reason() == Reason.SOURCE_UNAVAILABLE;
  }

  @Override
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
