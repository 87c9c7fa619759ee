package dev.osimage.operator.osimage;

import dev.osimage.api.OnLost;
import dev.osimage.api.OsImage;
import dev.osimage.operator.status.BoundedText;
import org.jspecify.annotations.Nullable;

/**
 * What somebody asks for by annotations, whose values mean nothing but that they are new; and what
 * a look at the registry asks for.
 *
 * @param look value of {@link OsImage#RECONCILE_REQUESTED_AT}
 * @param rebuild value of {@link OsImage#REBUILD_REQUESTED_AT}
 * @param lost the Job that found the published artifact lost, if it is to be built again
 */
record Requests(@Nullable String look, @Nullable String rebuild, @Nullable String lost) {

  static final Requests NONE = new Requests(null, null, null);

  /** Status and Jobs repeat the values: nobody needs long ones. */
  private static final int MAX_LENGTH = 256;

  static Requests of(OsImage image) {
    return new Requests(
        annotation(image, OsImage.RECONCILE_REQUESTED_AT),
        annotation(image, OsImage.REBUILD_REQUESTED_AT),
        lost(image));
  }

  private static @Nullable String lost(OsImage image) {
    var check = image.getStatus() == null ? null : image.getStatus().check();
    return check != null && check.foundLoss() && image.getSpec().effectiveOnLost() == OnLost.REBUILD
        ? check.job()
        : null;
  }

  private static @Nullable String annotation(OsImage image, String name) {
    var annotations = image.getMetadata().getAnnotations();
    var value = annotations == null ? null : annotations.get(name);
    if (value == null || value.isEmpty()) {
      return null;
    }
    return BoundedText.of(value, MAX_LENGTH);
  }
}
