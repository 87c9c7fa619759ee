package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The vectors are the bytes that onmetal-image and ironcore-image write for the same inputs. */
class FormatsE2E {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "onmetal         | amd64 | onmetal         | kernel initramfs rootfs",
        "ironcore        | amd64 | ironcore        | kernel initramfs rootfs",
        "ironcore        | arm64 | ironcore-metal  | initramfs kernel squashfs uki",
        "ironcore-legacy | amd64 | ironcore-legacy | kernel initramfs rootfs"
      })
  void theManifestInTheRegistryIsByteForByteTheOneOfTheFormatsOwnTool(
      String format, String architecture, String vector, String files) throws Exception {
    try (var workspace = Workspace.open(vector)) {
      var lines = new StringBuilder();
      for (var file : files.split(" ", -1)) {
        lines.append(
            "    %s: {inline: \"%s\\n\"}\n"
                .formatted(file, file.toUpperCase(java.util.Locale.ROOT)));
      }
      workspace.apply(
          """
          apiVersion: osimage.dev/v1alpha1
          kind: OsImage
          metadata: {name: vector}
          spec:
            architecture: %s
            format: %s
            commandLine: "console=ttyS0,115200 ro"
            bootCheck: "Off"
            files:
          %s  destination: {repository: "%s", plainHTTP: true}
          """
              .formatted(architecture, format, lines, workspace.repository("vector")));

      var artifact = Objects.requireNonNull(workspace.awaitReady("vector").getStatus().artifact());

      var manifest = Skopeo.manifest(artifact.reference());
      try (var expected =
          Objects.requireNonNull(
              FormatsE2E.class.getResourceAsStream("/vectors/" + vector + ".json"))) {
        assertThat(manifest).isEqualTo(new String(expected.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
  }
}
