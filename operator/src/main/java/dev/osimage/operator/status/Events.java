package dev.osimage.operator.status;

import dev.osimage.api.Check;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.oci.Digest;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Events for people who {@code kubectl describe}: one for each change of the Ready condition. */
public final class Events {

  private static final Logger LOG = LoggerFactory.getLogger(Events.class);
  private static final int MAX_MESSAGE = 1000;

  private final KubernetesClient client;

  public Events(KubernetesClient client) {
    this.client = client;
  }

  /** Tells what changed from one status to the next; a failure to tell is only logged. */
  public void onTransition(OsImage image, OsImageStatus before, OsImageStatus after) {
    ready(after)
        .filter(now ->
            isRebuilt(before, after) || !ready(before).map(then -> same(now, then)).orElse(false))
        .ifPresent(now ->
            tell(
                image,
                isState(now) ? "Normal" : "Warning",
                now.reason(),
                now.message(),
                occasion(now, after)));
    tellOfLook(image, before.check(), after.check());
    tellOfLook(image, before.failedCheck(), after.failedCheck());
  }

  /** Ready stays True while something is built again. */
  private static boolean isRebuilt(OsImageStatus before, OsImageStatus after) {
    return before.artifact() != null
        && after.artifact() != null
        && !before.artifact().builtAt().equals(after.artifact().builtAt());
  }

  private static String occasion(Condition ready, OsImageStatus status) {
    return status.artifact() != null && ready.reason().equals(Reason.SUCCEEDED.text())
        ? status.artifact().builtAt()
        : ready.lastTransitionTime();
  }

  private void tellOfLook(OsImage image, @Nullable Check before, @Nullable Check after) {
    Optional.ofNullable(after)
        .filter(now -> before == null || !now.job().equals(before.job()))
        .filter(now -> !now.reason().equals(Reason.SUCCEEDED.text()))
        .ifPresent(now -> tell(image, "Warning", now.reason(), now.message(), now.time()));
  }

  /** Tells something that no condition says. */
  public void warn(OsImage image, String reason, String message) {
    tell(image, "Warning", reason, message, "");
  }

  private static Optional<Condition> ready(OsImageStatus status) {
    return status.effectiveConditions().stream()
        .filter(condition -> condition.type().equals(Condition.READY))
        .findFirst();
  }

  /** Whether nothing happened that is worth an event; failures differ by what they say. */
  private static boolean same(Condition now, Condition then) {
    return now.status().equals(then.status())
        && now.reason().equals(then.reason())
        && (isState(now)
            || now.message().equals(then.message())
            || (isSlow(now)
                && Objects.equals(now.observedGeneration(), then.observedGeneration())));
  }

  /** Its message changes with each look, and says the same. */
  private static boolean isSlow(Condition condition) {
    return Reason.of(condition.reason()).nature() == Reason.Nature.CHANGE;
  }

  private static boolean isState(Condition condition) {
    return Reason.of(condition.reason()).nature() == Reason.Nature.STATE;
  }

  /** {@code occasion} tells it from what is told in the same words at other times. */
  private void tell(OsImage image, String type, String reason, String message, String occasion) {
    var metadata = image.getMetadata();
    var now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    var identity = metadata.getUid() + metadata.getGeneration() + reason + message + occasion;
    var hash = Digest.of(identity.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 16);
    var event =
        new EventBuilder()
            .withNewMetadata()
            .withNamespace(metadata.getNamespace())
            // A fixed name: told again after a restart, it is the same event.
            .withName(metadata.getName() + "." + hash)
            .endMetadata()
            .withNewInvolvedObject()
            .withApiVersion(image.getApiVersion())
            .withKind(image.getKind())
            .withNamespace(metadata.getNamespace())
            .withName(metadata.getName())
            .withUid(metadata.getUid())
            .endInvolvedObject()
            .withType(type)
            .withReason(reason)
            .withMessage(BoundedText.of(message, MAX_MESSAGE))
            .withFirstTimestamp(now)
            .withLastTimestamp(now)
            .withCount(1)
            .withNewSource()
            .withComponent("osimage-operator")
            .endSource()
            .withReportingComponent("osimage-operator")
            .build();
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        LOG.warn("no event {} for {}: {}", reason, metadata.getName(), e.getMessage());
      }
    }
  }
}
