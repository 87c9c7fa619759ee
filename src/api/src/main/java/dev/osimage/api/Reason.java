package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;

/**
 * Why an OsImage is in the state it is in: the {@code reason} of its conditions and events. The
 * names are an interface for programs; {@code docs/reasons.md} is made of the sentences.
 */
public enum Reason {
  SUCCEEDED("Succeeded", Nature.STATE, "The artifact of this generation is published.", ""),
  PENDING("Pending", Nature.STATE, "A builder pod is wanted and does not run yet.", ""),
  QUEUED(
      "Queued",
      Nature.STATE,
      "A build is wanted and waits until others have ended.",
      "If it lasts: raise builder.limits of the chart."),
  BUILDING("Building", Nature.STATE, "A builder pod runs.", ""),
  CANCELLING(
      "Cancelling",
      Nature.STATE,
      "A build of an older spec is being ended before the new one starts.",
      ""),
  RETRYING(
      "Retrying", Nature.STATE, "The last attempt failed and the next one follows by itself.", ""),
  DELETING(
      "Deleting",
      Nature.STATE,
      "The object is being deleted, and what it published removed from the registry.",
      ""),
  BOOT_URLS_REACHABLE(
      "Reachable", Nature.STATE, "Every boot URL answers; in BootURLsReachable only.", ""),
  SUSPENDED(
      "Suspended",
      Nature.STATE,
      "Building is suspended, and the current spec is not published.",
      "Set spec.suspend to false to publish it."),
  INVALID_SPEC(
      "InvalidSpec",
      Nature.FIX_INPUT,
      "The spec passed admission and still can't be built.",
      "Change the field that the message names."),
  DIGEST_MISMATCH(
      "DigestMismatch",
      Nature.FIX_INPUT,
      "The bytes at the URL have another digest than the spec says.",
      "Correct the digest, or the URL; or the file there, and ask again by the annotation."),
  INVALID_CONTENT(
      "InvalidContent",
      Nature.FIX_INPUT,
      "The content is damaged, is no archive, or has not the file that the spec names.",
      "Correct the file at its source, or path and decompress."),
  NOT_BOOTABLE(
      "NotBootable",
      Nature.FIX_INPUT,
      "Kernel or UKI are not what a machine of this architecture boots.",
      "Name the right file or architecture, or set bootCheck to \"Off\"."),
  TAG_CONFLICT(
      "TagConflict",
      Nature.CHANGE,
      "Another OsImage has published one of the tags.",
      "Give one of them another tag, or delete the other."),
  ARTIFACT_LOST(
      "ArtifactLost",
      Nature.CHANGE,
      "The registry no longer has the manifest of what was published, or a part of it.",
      "Find out who deletes there; to publish it again, ask for a rebuild by the annotation, or set"
          + " drift.onLost to Rebuild."),
  TAG_MOVED(
      "TagMoved",
      Nature.CHANGE,
      "Somebody else has set a tag on another manifest, or removed it.",
      "Remove the tag from the spec; or ask for a rebuild by the annotation, which sets it again."),
  GATEWAY_UNREACHABLE(
      "GatewayUnreachable",
      Nature.CHANGE,
      "A boot URL does not answer as it should; in BootURLsReachable only, Ready is not touched.",
      "See what it answers; check gateway.url of the chart, and that the gateway runs."),
  DELETION_UNSUPPORTED(
      "DeletionUnsupported",
      Nature.CHANGE,
      "The registry does not delete what is to be removed.",
      "Allow deletions at the registry, or remove it there by its own means."),
  SOURCE_NOT_FOUND(
      "SourceNotFound",
      Nature.CHANGE,
      "The web server answers that the file does not exist.",
      "Put the file there, or correct the URL."),
  SOURCE_REFUSED(
      "SourceRefused",
      Nature.CHANGE,
      "The web server refuses the request.",
      "Allow it at the server, or name a Secret in http.secretRef."),
  REGISTRY_REFUSED(
      "RegistryRefused",
      Nature.CHANGE,
      "The registry refuses the content or the repository.",
      "Create the repository, or allow it there; see what the registry says."),
  UNTRUSTED_CERTIFICATE(
      "UntrustedCertificate",
      Nature.CHANGE,
      "A server's certificate is not signed by a known authority, or for another name.",
      "Name the authority in caBundleRef, or correct the certificate."),
  CREDENTIALS_MISSING(
      "CredentialsMissing",
      Nature.CHANGE,
      "The Secret that the spec names is absent or has not the expected keys, or none is named.",
      "Create or correct the Secret; it is found without touching the OsImage. In BootURLsReachable:"
          + " machines have no credentials, so let anybody pull there, or install the boot gateway."),
  CREDENTIALS_REFUSED(
      "CredentialsRefused",
      Nature.CHANGE,
      "Registry or web server do not accept the credentials.",
      "Correct the Secret, or give its account the right; it is found without touching the OsImage."),
  CA_BUNDLE_UNUSABLE(
      "CABundleUnusable",
      Nature.CHANGE,
      "The ConfigMap with certificate authorities is absent or holds none.",
      "Create or correct the ConfigMap, key ca.crt."),
  IMAGE_PULL_FAILED(
      "ImagePullFailed",
      Nature.CHANGE,
      "The builder's image can't be pulled on the node.",
      "Correct image and imagePullSecrets of the chart; the Secrets must exist in this namespace too."),
  POD_REFUSED(
      "PodRefused",
      Nature.CHANGE,
      "The cluster's policy refuses the builder pod: Pod Security, a LimitRange or a webhook.",
      "Change the policy, or builder.resources of the chart."),
  BUILDER_OUT_OF_MEMORY(
      "BuilderOutOfMemory",
      Nature.CHANGE,
      "The builder pod needed more memory than it may have.",
      "Raise builder.resources of the chart, or pack the file with a smaller window."),
  SOURCE_UNAVAILABLE(
      "SourceUnavailable",
      Nature.PASSING,
      "The web server can't be reached, is overloaded, or cuts the connection.",
      ""),
  REGISTRY_UNAVAILABLE(
      "RegistryUnavailable",
      Nature.PASSING,
      "The registry can't be reached, is overloaded, or cuts the connection.",
      ""),
  UNSCHEDULABLE(
      "Unschedulable",
      Nature.PASSING,
      "No node has room for the builder pod, or may take it.",
      "If it lasts: add nodes, or change builder.resources and node placement of the chart."),
  QUOTA_EXCEEDED(
      "QuotaExceeded",
      Nature.PASSING,
      "The namespace's quota has no room for the builder pod, or its Job.",
      "If it lasts: raise the quota, or end other pods; for Jobs, see builder.keptJobs of the chart."),
  PENDING_TIMEOUT(
      "PendingTimeout",
      Nature.PASSING,
      "The builder pod did not run within spec.pendingTimeout.",
      "If it lasts: see what the message says it waits for."),
  BUILD_TIMEOUT(
      "BuildTimeout",
      Nature.PASSING,
      "The build did not end within spec.timeout.",
      "If it lasts: raise spec.timeout."),
  POD_DISRUPTED(
      "PodDisrupted",
      Nature.PASSING,
      "The cluster ended the builder pod: it was evicted, preempted, or its node went away.",
      ""),
  BUILDER_LOST("BuilderLost", Nature.PASSING, "The builder pod ended without saying how.", ""),
  INTERNAL_ERROR(
      "InternalError", Nature.PASSING, "A defect in builder or operator.", "Please report it.");

  /** What helps: nothing, a change by somebody, or time. */
  public enum Nature {
    /** Not a failure. */
    STATE,
    /** The spec or its files are wrong: trying the same again ends the same. */
    FIX_INPUT,
    /** Somebody has to change something around the spec: it is tried again on a slow clock. */
    CHANGE,
    /** It is tried again soon, with growing pauses. */
    PASSING
  }

  private final String text;
  private final Nature nature;
  private final String sentence;
  private final String help;

  Reason(String text, Nature nature, String sentence, String help) {
    this.text = text;
    this.nature = nature;
    this.sentence = sentence;
    this.help = help;
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

  /** What it means, as a sentence. */
  public String sentence() {
    return sentence;
  }

  /** What somebody may do about it, as a sentence; empty where there is nothing to do. */
  public String help() {
    return help;
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
