package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;

/**
 * Why an OsImage is in the state it is in: the {@code reason} of its conditions and events. The
 * names are an interface for programs.
 */
public enum Reason {
  /** The artifact of this generation is published. */
  SUCCEEDED("Succeeded", Nature.STATE),
  /** A builder pod is wanted and does not run yet. */
  PENDING("Pending", Nature.STATE),
  /** A builder pod runs. */
  BUILDING("Building", Nature.STATE),
  /** A build of an older spec is being ended before the new one starts. */
  CANCELLING("Cancelling", Nature.STATE),
  /** The last attempt failed for a passing reason; the next one follows. */
  RETRYING("Retrying", Nature.STATE),
  /** spec.suspend is true and the current spec is not published. */
  SUSPENDED("Suspended", Nature.STATE),

  /** The spec passed admission and still can't be built. */
  INVALID_SPEC("InvalidSpec", Nature.FIX_INPUT),
  /** The web server answers that the file does not exist. */
  SOURCE_NOT_FOUND("SourceNotFound", Nature.FIX_INPUT),
  /** The web server refuses the request. */
  SOURCE_REFUSED("SourceRefused", Nature.FIX_INPUT),
  /** The bytes at the URL have another digest than the spec says. */
  DIGEST_MISMATCH("DigestMismatch", Nature.FIX_INPUT),
  /** The content is damaged, is no archive, or has not the file that the spec names. */
  INVALID_CONTENT("InvalidContent", Nature.FIX_INPUT),
  /** Kernel or UKI are not what a machine of this architecture boots. */
  NOT_BOOTABLE("NotBootable", Nature.FIX_INPUT),
  /** The registry refuses the content or the repository. */
  REGISTRY_REFUSED("RegistryRefused", Nature.FIX_INPUT),
  /** A server's certificate is not signed by a known authority, or for another name. */
  UNTRUSTED_CERTIFICATE("UntrustedCertificate", Nature.FIX_INPUT),

  /** The Secret that the spec names is absent or has not the expected keys. */
  CREDENTIALS_MISSING("CredentialsMissing", Nature.PASSING),
  /** The ConfigMap with certificate authorities is absent or holds none. */
  CA_BUNDLE_UNUSABLE("CABundleUnusable", Nature.PASSING),
  /** Registry or web server do not accept the credentials. */
  CREDENTIALS_REFUSED("CredentialsRefused", Nature.PASSING),
  /** The web server can't be reached, is overloaded, or cuts the connection. */
  SOURCE_UNAVAILABLE("SourceUnavailable", Nature.PASSING),
  /** The registry can't be reached, is overloaded, or cuts the connection. */
  REGISTRY_UNAVAILABLE("RegistryUnavailable", Nature.PASSING),
  /** The builder pod did not run within spec.pendingTimeout. */
  PENDING_TIMEOUT("PendingTimeout", Nature.PASSING),
  /** The build did not end within spec.timeout. */
  BUILD_TIMEOUT("BuildTimeout", Nature.PASSING),
  /** The builder pod ended without saying how. */
  BUILDER_LOST("BuilderLost", Nature.PASSING),
  /** The builder pod needed more memory than it may have. */
  BUILDER_OUT_OF_MEMORY("BuilderOutOfMemory", Nature.PASSING),
  /** A defect in builder or operator. */
  INTERNAL_ERROR("InternalError", Nature.PASSING);

  /** What helps: nothing, a change by somebody, or time. */
  public enum Nature {
    /** Not a failure. */
    STATE,
    /** Trying the same again ends the same. */
    FIX_INPUT,
    /** Trying again may help. */
    PASSING
  }

  private final String text;
  private final Nature nature;

  Reason(String text, Nature nature) {
    this.text = text;
    this.nature = nature;
  }

  /** The word in conditions and events. */
  @JsonValue
  public String text() {
    return text;
  }

  /** What helps. */
  public Nature nature() {
    return nature;
  }

  /** Reads the word; one of a newer version becomes {@link #INTERNAL_ERROR}. */
  @JsonCreator
  public static Reason of(String text) {
    return Arrays.stream(values())
        .filter(reason -> reason.text.equals(text))
        .findFirst()
        .orElse(INTERNAL_ERROR);
  }
}
