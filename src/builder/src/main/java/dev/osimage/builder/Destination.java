package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan.PlannedDestination;
import dev.osimage.image.BuildStep;
import dev.osimage.image.Mounts;
import dev.osimage.oci.Content;
import dev.osimage.oci.Digest;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import dev.osimage.oci.registry.RegistryClient;
import dev.osimage.oci.registry.RegistryException;
import dev.osimage.oci.registry.RegistryException.Kind;
import dev.osimage.oci.registry.RegistrySettings;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where a plan publishes to, with the Secret that is mounted for it. Safe for several threads. */
final class Destination {

  private static final int UNAUTHENTICATED = 401;
  private static final int FORBIDDEN = 403;

  private final PlannedDestination planned;
  private final @Nullable MountedSecret secret;
  private final HttpTransport http;
  private final RegistryClient registry;
  private final Patience patience;
  private boolean mayPush;

  Destination(
      PlannedDestination planned,
      Mounts mounts,
      HttpTransport http,
      RetryPolicy retries,
      Patience patience) {
    var name = planned.secret();
    var named =
        name == null ? null : new MountedSecret(mounts.secret(name), "destination.secretRef");
    this.planned = planned;
    this.secret = named;
    this.patience = patience;
    this.http = Sources.trusting(http, mounts, planned.caBundle(), "destination.caBundleRef");
    this.registry =
        new RegistryClient(
            this.http,
            planned.repository(),
            new RegistrySettings(
                planned.plainHttp(),
                () -> Optional.ofNullable(named).map(s -> s.credentials(planned.repository())),
                retries));
  }

  /** The registry itself; what refuses its credentials is for {@link #patiently} to see. */
  RegistryClient registry() {
    return registry;
  }

  /** What reaches the registry, without credentials. */
  HttpTransport http() {
    return http;
  }

  /**
   * Does something that can be done again, and does it again with other credentials where the
   * registry does not know the ones that it got. That they are not enough is final: no other
   * content of the Secret is likely to come for that.
   */
  <T> T patiently(Patience.Work<T> work) throws IOException {
    var named = secret;
    if (named == null) {
      return work.run();
    }
    return patience.run(
        named,
        () -> {
          try {
            return work.run();
          } catch (RegistryException e) {
            boolean refused = e.kind() == Kind.UNAUTHORIZED && !e.retryable();
            throw refused && e.status() != FORBIDDEN ? unknown(named, e) : e;
          }
        });
  }

  /**
   * Sends the config, unless it is there. A Secret that is no use is found before anything else.
   */
  void pushConfig(byte[] config) throws IOException {
    var digest = Digest.of(config);
    mayPush =
        patiently(() -> {
          if (secret != null) {
            secret.credentials(planned.repository());
          }
          boolean absent = registry.blobSize(digest).isEmpty();
          if (absent) {
            registry.pushBlob(digest, Content.of(config));
          }
          return absent;
        });
  }

  /**
   * To be called before anything big is read: makes sure that the registry takes it. Where the
   * config was sent, that is known.
   */
  synchronized void prepare() throws IOException {
    if (!mayPush) {
      mayPush =
          patiently(() -> {
            registry.checkPush();
            return true;
          });
    }
  }

  /** What a failure of the registry at this step means for the build. */
  BuildFailure failure(BuildStep step, RegistryException e) {
    var message = String.valueOf(e.getMessage());
    return switch (e.kind()) {
      case UNAUTHORIZED -> unauthorized(e, message);
      case UNAVAILABLE -> new BuildFailure(step, Reason.REGISTRY_UNAVAILABLE, message, e);
      case UNTRUSTED ->
          new BuildFailure(
              step,
              Reason.UNTRUSTED_CERTIFICATE,
              message + " (name the registry's authority in destination.caBundleRef)",
              e);
      case UNSUPPORTED ->
          new BuildFailure(
              step, Reason.DELETION_UNSUPPORTED, "the registry does not delete: " + message, e);
      case REFUSED, PROTOCOL -> new BuildFailure(step, Reason.REGISTRY_REFUSED, message, e);
    };
  }

  private BuildFailure unauthorized(RegistryException e, String message) {
    if (secret == null) {
      return new BuildFailure(
          BuildStep.CREDENTIALS,
          Reason.CREDENTIALS_MISSING,
          "the registry %s: name a Secret in destination.secretRef: %s"
              .formatted(
                  e.status() == FORBIDDEN
                      ? "lets nobody push without credentials"
                      : "asks for credentials",
                  message),
          e);
    }
    if (e.status() == FORBIDDEN) {
      return new BuildFailure(
          BuildStep.CREDENTIALS,
          Reason.CREDENTIALS_REFUSED,
          "the registry does not allow what is needed with the credentials of %s: let them push to %s, or put others there: %s"
              .formatted(secret, planned.repository(), message),
          e);
    }
    return unknown(secret, e);
  }

  private SecretFailure unknown(MountedSecret named, RegistryException e) {
    return new SecretFailure(
        Reason.CREDENTIALS_REFUSED,
        "the registry does not accept the credentials of %s%s: correct them, the next attempt reads them again: %s"
            .formatted(
                named,
                e.status() == UNAUTHENTICATED
                    ? " (wrong, expired, or not enough to push to %s)"
                        .formatted(planned.repository())
                    : "",
                e.getMessage()),
        e);
  }
}
