package dev.osimage.oci.faults;

/**
 * A way of being different that was seen in the wild. Where a number belongs to it, {@link #of}
 * gives another one than usual.
 */
public enum Quirk implements Fault {

  /** PATCH answers 201 instead of 202 (ECR); another number for others that say 204. */
  PATCH_STATUS(201),
  /** Locations are paths (zot, Harbor and distribution with {@code relativeurls}). */
  RELATIVE_LOCATION,
  /** Uploads go to another host, which refuses requests with an Authorization header (Quay, S3). */
  UPLOADS_ELSEWHERE,
  /** Like that, and that host speaks plain HTTP (a proxy that mangles X-Forwarded-Proto). */
  UPLOADS_PLAIN,
  /** Locations lie on a literal link-local address (an attack on the client's network). */
  UPLOADS_PRIVATE,
  /** POST and PATCH answer without a Location (a proxy that drops it). */
  NO_LOCATION,
  /**
   * A {@code _state} in the query changes at every step; a stale one ends it all (distribution).
   */
  STATE_IN_LOCATION,
  /** PATCH with Content-Range takes no more than 4 MiB: 416 (ghcr.io). */
  CONTENT_RANGE_CAP(4 << 20),
  /**
   * Content-Range is not looked at, the chunk is appended wherever it belongs (distribution 2.8).
   */
  CONTENT_RANGE_IGNORED,
  /** PATCH is not there: 404, or 405 (POST+PUT is all that some know). */
  NO_PATCH(404),
  /** The second PATCH of a session fails with 400 (Artifact Registry). */
  ONE_PATCH_ONLY,
  /** Range in answers remains that of the first chunk, though all is stored (ECR). */
  STALE_RANGE,
  /** Range in answers is so many bytes off (nobody admits it). */
  LYING_RANGE(-1),
  /** OCI-Chunk-Min-Length; a shorter chunk that is not the last is 416 when the next one comes. */
  CHUNK_MINIMUM(1 << 20),
  /** The closing PUT without body fails with 500 after several chunks (ECR, 2022). */
  EMPTY_PUT_500,
  /** The closing PUT with the whole body is 404 BLOB_UNKNOWN (Artifactory). */
  PUT_BODY_404,
  /** A PATCH that breaks off ends its session (distribution 2.8, zot). */
  BROKEN_PATCH_KILLS_SESSION,
  /** POST with digest and body opens a session and ignores the body: 202 (distribution). */
  POST_DIGEST_IGNORED,
  /** A mount answers 202 though the blob could be mounted (allowed to everybody). */
  MOUNT_202,
  /** A mount fails (GitLab, Quay). */
  MOUNT_STATUS(405),

  /** Deletion of blobs and manifests is off (distribution's default). */
  NO_DELETE(405),
  /** Manifests are deleted by digest only: 400 for a tag (distribution 2.8); others 404, 405. */
  NO_TAG_DELETE(400),
  /** A Range in a request for a blob is ignored: 200 with everything (allowed). */
  NO_BLOB_RANGES,
  /** Content-Range in an answer is so many bytes off (a cache in front). */
  LYING_CONTENT_RANGE(1),
  /** ETag is another one in every answer (a load balancer in front of caches). */
  CHANGING_ETAG,
  /** Blobs are redirected to another host, with 307 or so, where Authorization is 400 (S3). */
  BLOB_REDIRECT(307),
  /** The other host asks for credentials: 401 with challenges of every kind (an attack). */
  STORAGE_ASKS_FOR_CREDENTIALS,
  /** The other host speaks plain HTTP (a store without TLS behind a registry with TLS). */
  STORAGE_PLAIN,
  /** Blobs are redirected to themselves, for ever. */
  BLOB_REDIRECT_LOOP,
  /** Blobs are redirected to a literal link-local address (an attack on the client's network). */
  BLOB_REDIRECT_PRIVATE,

  /** Bodies of more bytes: 413 at once, HTML, and the rest is ignored (nginx, Cloudflare). */
  BODY_LIMIT(100_000_000),
  /** Bodies of more bytes: 413 at once, HTML, and a reset (some load balancers). */
  BODY_LIMIT_RESET(100_000_000),
  /** The connection is reset after so many bytes of a body (proxies with a timeout). */
  BODY_CUT(1 << 20),
  /** Chunked transfer encoding is 411 (nginx without buffering), or 400 (ACR). */
  NO_CHUNKED_TRANSFER(411),
  /** Refusals come before the body was read, then the connection lingers (nginx). */
  EAGER_REFUSAL,
  /** Refusals come before the body was read, then the connection is reset (Go's server). */
  EAGER_REFUSAL_RESET,
  /** Every refusal of the registry is a page in HTML (a proxy with its own error pages). */
  HTML_ERRORS,
  /** An Accept without a wildcard is 406 unless a manifest is asked for (Artifactory). */
  NARROW_ACCEPT_406,

  /** No referrers API: 404 as plain text (distribution, ghcr.io, Docker Hub); others 400, 405. */
  NO_REFERRERS(404),
  /** A page in HTML and 200 for the referrers API (a proxy with a start page). */
  HTML_REFERRERS,
  /** OCI-Subject is sent though there is no API (ECR); together with NO_REFERRERS. */
  SUBJECT_WITHOUT_API,
  /** OCI-Subject is not sent though there is an API (ggcr). */
  NO_SUBJECT_HEADER,
  /** Lists of referrers and tags come in pages of so many entries. */
  PAGES(1),
  /** Links to the next page are whole URLs. */
  ABSOLUTE_LINK,
  /** Links to the next page lead to another host (an attack on credentials). */
  LINK_ELSEWHERE,
  /** The next page is always the first one. */
  LINK_LOOP,
  /** The filter by artifactType is not applied, and the header does not claim it (allowed). */
  UNFILTERED_REFERRERS,
  /** The filter by artifactType is not applied, and the header claims it. */
  LYING_FILTER,
  /** Listed artifactTypes are wrong, annotations missing (ggcr up to 0.20). */
  WRONG_ARTIFACT_TYPES,

  /** Basic authentication (ECR, htpasswd). */
  BASIC,
  /** Bearer tokens from a token endpoint (nearly all). */
  BEARER,
  /** The token endpoint is another host (Docker Hub). */
  TOKENS_ELSEWHERE,
  /** The realm is plain HTTP, whatever the registry is. */
  TOKENS_PLAIN,
  /** The realm is a literal link-local address (an attack on the client's network). */
  TOKENS_PRIVATE,
  /** Everybody gets a token to pull (Docker Hub, ghcr.io). */
  ANONYMOUS_PULL,
  /** The credentials do not reach further than pulling. */
  READ_ONLY,
  /** So many seconds are a token's life, as told by {@code expires_in}. */
  TOKEN_SECONDS(300),
  /** So many requests are a token's life. */
  TOKEN_USES(3),
  /** {@code expires_in} is absent, which means 60 seconds. */
  NO_EXPIRES_IN,
  /** {@code issued_at} is absent. */
  NO_ISSUED_AT,
  /** The token is called {@code access_token} (ACR, oauth2). */
  ACCESS_TOKEN,
  /** POST is not there at the token endpoint: 404, or 405. */
  NO_TOKEN_POST(404),
  /** Only the first parameter {@code scope} is read. */
  FIRST_SCOPE_ONLY,
  /** A scope with {@code delete} is 400; who may push may delete (Quay). */
  NO_DELETE_ACTION(400),
  /** Too little scope is 403 DENIED instead of 401. */
  SCOPE_403,
  /** The mount's source is not named in the challenge's scope (distribution before 2.7, others). */
  NO_MOUNT_SCOPE,
  /** Challenges of several schemes in one header. */
  CHALLENGES_IN_ONE_LINE,
  /** Challenges of several schemes in several headers. */
  CHALLENGES_IN_LINES,
  /** Names of schemes and parameters in mixed case. */
  ODD_CASE;

  /** A quirk with a number. */
  public record Setting(Quirk quirk, long value) implements Fault {}

  private final long usual;

  Quirk() {
    this(0);
  }

  Quirk(long usual) {
    this.usual = usual;
  }

  /** This quirk with another number than usual: a status, a number of bytes, entries, seconds. */
  public Setting of(long value) {
    return new Setting(this, value);
  }

  long usual() {
    return usual;
  }
}
