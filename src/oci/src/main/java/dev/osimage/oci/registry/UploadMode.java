package dev.osimage.oci.registry;

/** One of the ways in which the distribution-spec lets a blob be sent. */
sealed interface UploadMode {

  /**
   * POST, one PATCH with everything and without Content-Range, closing PUT: works nearly anywhere.
   */
  record Stream() implements UploadMode {}

  /** POST, PATCHes with Content-Range of at most {@code size} bytes each, closing PUT. */
  record Chunks(int size) implements UploadMode {}

  /** POST, PUT with everything: for registries without PATCH. The digest must be known. */
  record Whole() implements UploadMode {}
}
