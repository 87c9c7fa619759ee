package dev.osimage.oci.faults;

import java.util.List;

/** What is known of real registries, as sets of quirks. */
public enum Profile implements Fault {
  DISTRIBUTION_2(
      Quirk.STATE_IN_LOCATION,
      Quirk.CONTENT_RANGE_IGNORED,
      Quirk.BROKEN_PATCH_KILLS_SESSION,
      Quirk.POST_DIGEST_IGNORED,
      Quirk.NO_REFERRERS,
      Quirk.NO_DELETE,
      Quirk.NO_TAG_DELETE),
  DISTRIBUTION_3(
      Quirk.STATE_IN_LOCATION, Quirk.POST_DIGEST_IGNORED, Quirk.NO_REFERRERS, Quirk.NO_DELETE),
  DOCKER_HUB(
      Quirk.STATE_IN_LOCATION,
      Quirk.BROKEN_PATCH_KILLS_SESSION,
      Quirk.POST_DIGEST_IGNORED,
      Quirk.NO_REFERRERS,
      Quirk.BLOB_REDIRECT,
      Quirk.BEARER,
      Quirk.TOKENS_ELSEWHERE,
      Quirk.ANONYMOUS_PULL),
  GHCR(
      Quirk.RELATIVE_LOCATION,
      Quirk.CONTENT_RANGE_CAP,
      Quirk.NO_REFERRERS,
      Quirk.BLOB_REDIRECT,
      Quirk.BEARER,
      Quirk.ANONYMOUS_PULL),
  ECR(
      Quirk.PATCH_STATUS,
      Quirk.STALE_RANGE,
      Quirk.EMPTY_PUT_500,
      Quirk.NO_REFERRERS.of(405),
      Quirk.SUBJECT_WITHOUT_API,
      Quirk.BLOB_REDIRECT,
      Quirk.BASIC),
  ARTIFACT_REGISTRY(Quirk.ONE_PATCH_ONLY, Quirk.RELATIVE_LOCATION, Quirk.BEARER),
  AZURE(
      Quirk.BODY_LIMIT.of(20_000_000),
      Quirk.NO_CHUNKED_TRANSFER.of(400),
      Quirk.RELATIVE_LOCATION,
      Quirk.BEARER,
      Quirk.ACCESS_TOKEN,
      Quirk.BLOB_REDIRECT),
  HARBOR(
      Quirk.STATE_IN_LOCATION,
      Quirk.POST_DIGEST_IGNORED,
      Quirk.NO_TAG_DELETE.of(405),
      Quirk.BEARER),
  QUAY(
      Quirk.ONE_PATCH_ONLY,
      Quirk.UPLOADS_ELSEWHERE,
      Quirk.BLOB_REDIRECT,
      Quirk.BEARER,
      Quirk.NO_DELETE_ACTION),
  ARTIFACTORY(Quirk.PUT_BODY_404, Quirk.NARROW_ACCEPT_406, Quirk.BASIC),
  ZOT(Quirk.RELATIVE_LOCATION, Quirk.BROKEN_PATCH_KILLS_SESSION),
  CLOUDFLARE(Quirk.STATE_IN_LOCATION, Quirk.BODY_LIMIT, Quirk.HTML_ERRORS);

  @SuppressWarnings("ImmutableEnumChecker") // The list and what is in it never change.
  private final List<Fault> faults;

  Profile(Fault... faults) {
    this.faults = List.of(faults);
  }

  List<Fault> faults() {
    return faults;
  }
}
