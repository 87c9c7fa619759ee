package dev.osimage.oci.registry;

import dev.osimage.oci.http.RetryPolicy;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request to a registry did not succeed. The message says what was tried and what the registry
 * answered, never a credential.
 */
public final class RegistryException extends RuntimeException implements RetryPolicy.Retryable {

  private static final long serialVersionUID = 1L;

  /** What kind of failure it is: callers decide by it what helps. */
  public enum Kind {
    /** The registry wants other credentials, or more rights for them. */
    UNAUTHORIZED,
    /** The registry can't be reached, is overloaded, or cut the connection. */
    UNAVAILABLE,
    /** The registry's certificate is not trusted. */
    UNTRUSTED,
    /** The registry refuses the request for good. */
    REFUSED,
    /** The registry does not delete: never, or by its settings. */
    UNSUPPORTED,
    /** The registry does not follow the distribution-spec, or asks for what is not safe. */
    PROTOCOL
  }

  private final Kind kind;
  private final int status;
  private final String code;
  private final Outlook outlook;
  private final @Nullable Duration retryAfter;

  /** What the next try may expect. */
  enum Outlook {
    /** The same. */
    FINAL,
    /** Perhaps something else. */
    PASSING,
    /** Perhaps something else, but not soon. */
    EXHAUSTED,
    /** Something else: it will be another request. */
    LEARNED
  }

  RegistryException(
      Kind kind,
      int status,
      String code,
      Outlook outlook,
      @Nullable Duration retryAfter,
      String message,
      @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.outlook = outlook;
    this.retryAfter = retryAfter;
  }

  /** What kind of failure it is. */
  public Kind kind() {
    return kind;
  }

  /** The HTTP status, or 0 when there was no answer. */
  public int status() {
    return status;
  }

  /** The first error code of the answer (distribution-spec, "Error Codes"), or an empty string. */
  public String code() {
    return code;
  }

  @Override
  public boolean retryable() {
    return outlook != Outlook.FINAL;
  }

  @Override
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }

  @Override
  public boolean exhausted() {
    return outlook == Outlook.EXHAUSTED;
  }

  @Override
  public boolean learned() {
    return outlook == Outlook.LEARNED;
  }
}
