package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import org.jspecify.annotations.Nullable;

/**
 * What somebody asks for by annotations, whose values mean nothing but that they are new.
 *
 * @param look value of {@link OsImage#RECONCILE_REQUESTED_AT}
 * @param rebuild value of {@link OsImage#REBUILD_REQUESTED_AT}
 */
record Requests(@Nullable String look, @Nullable String rebuild) {

  static final Requests NONE = new Requests(null, null);

  /** Status and Jobs repeat the values: nobody needs long ones. */
  private static final int MAX_LENGTH = 256;

  static Requests of(OsImage image) {
    return new Requests(
        annotation(image, OsImage.RECONCILE_REQUESTED_AT),
        annotation(image, OsImage.REBUILD_REQUESTED_AT));
  }

  private static @Nullable String annotation(OsImage image, String name) {
    var annotations = image.getMetadata().getAnnotations();
    var value = annotations == null ? null : annotations.get(name);
    if (value == null || value.isEmpty()) {
      return null;
    }
    return value.length() <= MAX_LENGTH ? value : LogTail.beginning(value, MAX_LENGTH);
  }
}
