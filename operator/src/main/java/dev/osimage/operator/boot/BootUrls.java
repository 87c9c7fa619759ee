package dev.osimage.operator.boot;

import dev.osimage.api.Boot;
import dev.osimage.api.BootFile;
import dev.osimage.api.BootPath;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.operator.status.Conditions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Writes the gateway's URLs into a status, and whether they can be reached. */
public final class BootUrls {

  private final String baseUrl;

  /** URLs below what machines reach the gateway by, without a slash at the end. */
  public BootUrls(String baseUrl) {
    this.baseUrl = baseUrl;
  }

  /**
   * The status with the URLs of its artifact, if it has one. {@code probes} is asked for what is
   * known of them; before anything is, what the status says of the same URLs stands.
   */
  public OsImageStatus in(
      OsImage image,
      OsImageStatus status,
      BiFunction<OsImage, OsImageStatus, Optional<BootFinding>> probes,
      Instant now) {
    if (status.artifact() == null || status.boot() == null) {
      return status;
    }
    var urls = status.with(boot(image, status), status.effectiveConditions());
    var conditions = new ArrayList<>(urls.effectiveConditions());
    probes
        .apply(image, urls)
        .map(finding ->
            new Conditions(
                    before(image).effectiveConditions(),
                    Objects.requireNonNullElse(status.observedGeneration(), 0L),
                    now)
                .bootUrls(finding.reachable(), finding.reason(), finding.message()))
        .or(() -> standing(image, urls))
        .ifPresent(conditions::add);
    return urls.with(Objects.requireNonNull(urls.boot()), conditions);
  }

  private static OsImageStatus before(OsImage image) {
    return image.getStatus() == null ? OsImageStatus.empty() : image.getStatus();
  }

  private static Optional<Condition> standing(OsImage image, OsImageStatus urls) {
    var before = before(image);
    return before.effectiveConditions().stream()
        .filter(condition -> condition.type().equals(Condition.BOOT_URLS_REACHABLE))
        .filter(condition -> Objects.equals(before.boot(), urls.boot()))
        .findFirst();
  }

  private Boot boot(OsImage image, OsImageStatus status) {
    var boot = Objects.requireNonNull(status.boot());
    return new Boot(
        boot.generation(),
        url(image, status, BootFile.KERNEL),
        url(image, status, BootFile.INITRAMFS),
        url(image, status, BootFile.ROOTFS),
        url(image, status, BootFile.SQUASHFS),
        url(image, status, BootFile.UKI),
        url(image, status, BootFile.ISO),
        boot.commandLine(),
        has(status, BootFile.KERNEL) || has(status, BootFile.UKI)
            ? path(image, status, BootFile.IPXE)
            : null);
  }

  private @Nullable String url(OsImage image, OsImageStatus status, BootFile file) {
    return has(status, file) ? path(image, status, file) : null;
  }

  private String path(OsImage image, OsImageStatus status, BootFile file) {
    var metadata = image.getMetadata();
    var digest = Objects.requireNonNull(status.artifact()).digest();
    return baseUrl + new BootPath(metadata.getNamespace(), metadata.getName(), digest, file);
  }

  private static boolean has(OsImageStatus status, BootFile file) {
    var parts = status.parts();
    return parts != null
        && parts.stream().anyMatch(part -> file.part().filter(part.name()::equals).isPresent());
  }
}
