package dev.osimage.oci.registry;

import org.jspecify.annotations.Nullable;

/**
 * A request to a registry did not succeed. The message says what was tried and what the registry
 * answered, never a credential.
 */
public final class RegistryException extends RuntimeException {

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
    /** The registry does not follow the distribution-spec. */
    PROTOCOL
  }

  private final Kind kind;
  private final int status;
  private final String code;

  RegistryException(Kind kind, int status, String code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.status = status;
    this.code = code;
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

  /** Whether the same request may succeed later. */
  public boolean retryable() {
    return kind == Kind.UNAVAILABLE;
  }
}
