package dev.osimage.operator.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.osimage.api.Artifact;
import dev.osimage.api.Boot;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Part;
import dev.osimage.api.Reason;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BootUrlsTest {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final String HEX = "1".repeat(64);
  private static final String ROOT =
      "http://boot.lan:8080/v1/osimages/team/debian/sha256-" + HEX + "/";
  private static final Artifact ARTIFACT =
      new Artifact(
          "registry.example.com/os@sha256:" + HEX,
          "sha256:" + HEX,
          1,
          List.of(),
          1,
          NOW.toString(),
          "i",
          "p",
          null,
          null);

  private static OsImageStatus status(@Nullable Artifact artifact, String... parts) {
    var status =
        new OsImageStatus(
            1L,
            List.of(),
            artifact,
            List.of(parts).stream()
                .map(name -> new Part(name, "t", "sha256:" + HEX, 1, "https://registry/" + name))
                .toList(),
            new Boot(1, "https://registry/kernel", null, null, null, null, null, "quiet", null),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null);
    return status;
  }

  private static OsImage image(@Nullable OsImageStatus status) {
    var image = new OsImage();
    image.setMetadata(new ObjectMetaBuilder().withNamespace("team").withName("debian").build());
    image.setStatus(status);
    return image;
  }

  @Test
  void withoutAGatewayTheRegistrysUrlsStayAndWhatALookFoundOfThemUntilTheyChange() {
    var refused = new BootFinding(false, Reason.CREDENTIALS_MISSING, "nobody is let in");
    var status = status(ARTIFACT, "kernel");

    var looked = BootUrls.ofRegistry(Optional.of(refused)).in(image(null), status, NOW);
    assertThat(looked.boot()).isEqualTo(status.boot());
    assertThat(looked.effectiveConditions())
        .extracting(Condition::type, Condition::status, Condition::reason, Condition::message)
        .containsExactly(
            tuple("BootURLsReachable", "False", "CredentialsMissing", "nobody is let in"));

    var none = BootUrls.ofRegistry(Optional.empty());
    assertThat(none.in(image(looked), status, NOW.plusSeconds(9))).isEqualTo(looked);
    var elsewhere =
        status.with(
            new Boot(1, "https://other/kernel", null, null, null, null, null, "quiet", null),
            List.of());
    assertThat(none.in(image(looked), elsewhere, NOW).effectiveConditions()).isEmpty();
  }

  private OsImageStatus in(
      @Nullable OsImageStatus before, OsImageStatus now, @Nullable BootFinding finding) {
    return BootUrls.ofGateway(
            "http://boot.lan:8080", (image, status) -> Optional.ofNullable(finding))
        .in(image(before), now, NOW);
  }

  @Test
  void everyPartHasAUrlThatNamesTheArtifact() {
    var boot = Objects.requireNonNull(in(null, status(ARTIFACT, "kernel", "uki"), null).boot());

    assertThat(boot)
        .isEqualTo(
            new Boot(
                1,
                ROOT + "kernel",
                null,
                null,
                null,
                ROOT + "uki.efi",
                null,
                "quiet",
                ROOT + "boot.ipxe"));
  }

  @Test
  void whatCanNotBeBootedByAScriptHasNone() {
    var boot = Objects.requireNonNull(in(null, status(ARTIFACT, "rootfs"), null).boot());

    assertThat(boot.ipxeURL()).isNull();
    assertThat(boot.rootfsURL()).isEqualTo(ROOT + "rootfs");
  }

  @Test
  void withoutAnArtifactThereIsNothingToTell() {
    var status = status(null);

    assertThat(in(null, status, new BootFinding(true, Reason.BOOT_URLS_REACHABLE, "")))
        .isSameAs(status);
  }

  @Test
  void whatWasFoundIsAConditionThatStaysUntilSomethingElseIs() {
    var before =
        in(
            null,
            status(ARTIFACT, "kernel"),
            new BootFinding(false, Reason.CREDENTIALS_REFUSED, "why"));
    assertThat(before.effectiveConditions())
        .singleElement()
        .returns("BootURLsReachable", Condition::type)
        .returns("False", Condition::status)
        .returns("CredentialsRefused", Condition::reason);

    var unknown = in(before, status(ARTIFACT, "kernel"), null);
    assertThat(unknown).isEqualTo(before);
    assertThat(in(before, status(ARTIFACT, "rootfs"), null).effectiveConditions())
        .as("of other URLs nothing is known yet")
        .isEmpty();
    assertThat(
            in(
                    before,
                    status(ARTIFACT, "kernel"),
                    new BootFinding(true, Reason.BOOT_URLS_REACHABLE, "all"))
                .effectiveConditions())
        .singleElement()
        .returns("True", Condition::status);
  }
}
