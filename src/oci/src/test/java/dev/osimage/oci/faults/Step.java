package dev.osimage.oci.faults;

/** What a request is for (distribution-spec, "Endpoints"). */
public enum Step {
  PING,
  BLOB_HEAD,
  BLOB_GET,
  BLOB_DELETE,
  UPLOAD_POST,
  UPLOAD_PATCH,
  UPLOAD_STATUS,
  UPLOAD_PUT,
  UPLOAD_DELETE,
  MANIFEST_HEAD,
  MANIFEST_GET,
  MANIFEST_PUT,
  MANIFEST_DELETE,
  TAGS,
  REFERRERS,

  /** The token endpoint, wherever it is. */
  TOKEN,

  /** A blob at the host to which the registry redirects. */
  STORAGE,

  OTHER
}
