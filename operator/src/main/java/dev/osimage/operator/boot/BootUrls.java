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

/** Whether machines can boot from the URLs in a status; where there is a gateway, these are its. */
public final class BootUrls {

  private final @Nullable String gateway;
  private final BiFunction<OsImage, OsImageStatus, Optional<BootFinding>> findings;

  private BootUrls(
      @Nullable String gateway,
      BiFunction<OsImage, OsImageStatus, Optional<BootFinding>> findings) {
    this.gateway = gateway;
    this.findings = findings;
  }

  /**
   * URLs below what machines reach the gateway by, without a slash at the end. {@code probes} is
   * asked for what is known of them.
   */
  public static BootUrls ofGateway(
      String baseUrl, BiFunction<OsImage, OsImageStatus, Optional<BootFinding>> probes) {
    return new BootUrls(baseUrl, probes);
  }

  /** The URLs of the registry's blobs, of which this was found just now, if anything was. */
  public static BootUrls ofRegistry(Optional<BootFinding> finding) {
    return new BootUrls(null, (image, status) -> finding);
  }

  /**
   * The status with the URLs of its artifact, if it has one. Where nothing is known of them, what
   * the status said before of the same URLs stands.
   */
  public OsImageStatus in(OsImage image, OsImageStatus status, Instant now) {
    if (status.artifact() == null || status.boot() == null) {
      return status;
    }
    var urls =
        gateway == null
            ? status
            : status.with(boot(gateway, image, status), status.effectiveConditions());
    var conditions = new ArrayList<>(urls.effectiveConditions());
    findings
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

  private static Boot boot(String gateway, OsImage image, OsImageStatus status) {
    var boot = Objects.requireNonNull(status.boot());
    return new Boot(
        boot.generation(),
        url(gateway, image, status, BootFile.KERNEL),
        url(gateway, image, status, BootFile.INITRAMFS),
        url(gateway, image, status, BootFile.ROOTFS),
        url(gateway, image, status, BootFile.SQUASHFS),
        url(gateway, image, status, BootFile.UKI),
        url(gateway, image, status, BootFile.ISO),
        boot.commandLine(),
        has(status, BootFile.KERNEL) || has(status, BootFile.UKI)
            ? path(gateway, image, status, BootFile.IPXE)
            : null);
  }

  private static @Nullable String url(
      String gateway, OsImage image, OsImageStatus status, BootFile file) {
    return has(status, file) ? path(gateway, image, status, file) : null;
  }

  private static String path(String gateway, OsImage image, OsImageStatus status, BootFile file) {
    var metadata = image.getMetadata();
    var digest = Objects.requireNonNull(status.artifact()).digest();
    return gateway + new BootPath(metadata.getNamespace(), metadata.getName(), digest, file);
  }

  private static boolean has(OsImageStatus status, BootFile file) {
    var parts = status.parts();
    return parts != null
        && parts.stream().anyMatch(part -> file.part().filter(part.name()::equals).isPresent());
  }
}
