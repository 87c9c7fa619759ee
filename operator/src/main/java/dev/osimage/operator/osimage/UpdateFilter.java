package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which changes of an OsImage are looked at: of its spec, of our annotations, its deletion, and a
 * status that went back because somebody wiped or restored it. Our own status writes are none.
 */
public final class UpdateFilter {

  private UpdateFilter() {}

  /** Whether the change from {@code before} to {@code after} is looked at. */
  public static boolean accept(OsImage after, OsImage before) {
    return !Objects.equals(
            after.getMetadata().getGeneration(), before.getMetadata().getGeneration())
        || after.isMarkedForDeletion() != before.isMarkedForDeletion()
        || !ours(after).equals(ours(before))
        || observedGeneration(after.getStatus()) < observedGeneration(before.getStatus());
  }

  private static Map<String, String> ours(OsImage image) {
    var annotations = image.getMetadata().getAnnotations();
    return annotations == null
        ? Map.of()
        : annotations.entrySet().stream()
            .filter(annotation -> annotation.getKey().contains(OsImage.GROUP + "/"))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static long observedGeneration(@Nullable OsImageStatus status) {
    return status == null || status.observedGeneration() == null ? -1 : status.observedGeneration();
  }
}
