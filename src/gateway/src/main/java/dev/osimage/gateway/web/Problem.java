package dev.osimage.gateway.web;

import dev.osimage.api.Reason;
import dev.osimage.gateway.cache.CacheFullException;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.registry.RegistryException;

/**
 * Why somebody does not get what he asked for.
 *
 * @param status of HTTP
 * @param reason one of {@link Reason}'s words where there is one, for the operator that looks
 *     whether its URLs can be reached; otherwise empty
 * @param message a sentence for people
 */
record Problem(int status, String reason, String message) {

  static final String NOT_FOUND = "no OsImage has published this";

  /** Nobody has asked the API server yet. */
  static final Problem UNKNOWN_YET = new Problem(503, "it is not known yet what may be served");

  Problem(int status, String message) {
    this(status, "", message);
  }

  /** Why a blob can't be had from {@code registry}. */
  static Problem of(Exception failure, String registry) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case RegistryException refusal -> {
          return of(refusal, registry);
        }
        case CacheFullException full -> {
          return new Problem(503, String.valueOf(full.getMessage()));
        }
        case ContentException content -> {
          return new Problem(
              502, Reason.ARTIFACT_LOST.text(), String.valueOf(content.getMessage()));
        }
        default -> {}
      }
    }
    return new Problem(
        503, Reason.REGISTRY_UNAVAILABLE.text(), "the registry or the cache failed; see the log");
  }

  private static Problem of(RegistryException failure, String registry) {
    var message = String.valueOf(failure.getMessage());
    return switch (failure.kind()) {
      case UNAUTHORIZED ->
          new Problem(
              502,
              Reason.CREDENTIALS_REFUSED.text(),
              message + ": give the gateway credentials for " + registry);
      case UNTRUSTED -> new Problem(502, Reason.UNTRUSTED_CERTIFICATE.text(), message);
      case UNAVAILABLE -> new Problem(503, Reason.REGISTRY_UNAVAILABLE.text(), message);
      case REFUSED, UNSUPPORTED, PROTOCOL ->
          failure.status() == 404
              ? new Problem(502, Reason.ARTIFACT_LOST.text(), message)
              : new Problem(502, Reason.REGISTRY_REFUSED.text(), message);
    };
  }

  /** Whether the same may be asked for again. */
  boolean passes() {
    return status == 503 || status == 429;
  }
}
