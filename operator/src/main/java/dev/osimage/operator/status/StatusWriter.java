package dev.osimage.operator.status;

import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.Optional;

/** Writes a status by server-side apply, and only onto the object that it was made from. */
public final class StatusWriter {

  private static final String FIELD_MANAGER = "osimage-operator";

  private final KubernetesClient client;

  public StatusWriter(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Writes the status and returns the object as it is then; empty when it has changed since {@code
   * image} was read, so that the status may be wrong.
   */
  public Optional<OsImage> write(OsImage image, OsImageStatus status) {
    try {
      return Optional.of(
          client
              .resource(patch(image, status))
              .subresource("status")
              .patch(
                  new PatchContext.Builder()
                      .withPatchType(PatchType.SERVER_SIDE_APPLY)
                      .withFieldManager(FIELD_MANAGER)
                      .withForce(true)
                      .build()));
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT
          || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Server-side apply owns what it sends and removes what it no longer sends: nothing but the
   * status may be in it, and a version, lest a status made of an old look erases what a newer one
   * holds.
   */
  private static OsImage patch(OsImage image, OsImageStatus status) {
    var patch = new OsImage();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(image.getMetadata().getName())
            .withNamespace(image.getMetadata().getNamespace())
            .withUid(image.getMetadata().getUid())
            .withResourceVersion(image.getMetadata().getResourceVersion())
            .build());
    patch.setStatus(status);
    return patch;
  }
}
