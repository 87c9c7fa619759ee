package dev.osimage.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BootPathTest {

  private static final String HEX = "0123456789abcdef".repeat(4);

  @ParameterizedTest
  @EnumSource
  void aPathIsReadAsItWasWrittenAndNothingInItHasToBeEscaped(BootFile file) {
    var path = new BootPath("team-1", "debian.12", "sha256:" + HEX, file);

    assertThat(BootPath.parse(path.toString())).contains(path);
    assertThat(path.toString()).matches("[a-z0-9/.-]+");
  }

  @Test
  void theContractIsThis() {
    assertThat(new BootPath("team", "debian", "sha256:" + HEX, BootFile.UKI))
        .hasToString("/v1/osimages/team/debian/sha256-" + HEX + "/uki.efi");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/v1/osimages/team/debian/sha256-1/kernel",
        "/v1/osimages/team/debian/sha256-@/unknown",
        "/v1/osimages/team/debian/sha256-@/kernel/",
        "/v1/osimages/team/debian/sha256-@/kernel?",
        "/v1/osimages/team/../sha256-@/kernel",
        "/v1/osimages/Team/debian/sha256-@/kernel",
        "/v2/osimages/team/debian/sha256-@/kernel",
        "/v1/osimages/team/debian/sha256:@/kernel",
        "/v1/osimages/team/debian/latest/kernel",
      })
  void nothingElseIsAPath(String path) {
    assertThat(BootPath.parse(path.replace("@", HEX))).isEmpty();
  }

  @Test
  void theLatestIsNamedForAScriptOnly() {
    assertThat(BootPath.Latest.parse("/v1/osimages/team/debian/latest/boot.ipxe"))
        .contains(new BootPath.Latest("team", "debian"));
    assertThat(BootPath.Latest.parse("/v1/osimages/team/debian/latest/kernel")).isEmpty();
  }
}
