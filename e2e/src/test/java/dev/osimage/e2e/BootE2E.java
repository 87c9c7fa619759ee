package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Part;
import dev.osimage.oci.Digest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootE2E {

  private static final String COMMAND_LINE = "ro console=ttyS0 panic=-1 osimage.proof=boot-e2e";

  @Test
  void aMachineBootsFromTheUrlsInTheStatus(@TempDir Path folder) throws Exception {
    try (var workspace = Workspace.open("boot");
        var sources = new SourceServer(workspace.cluster)) {
      var files = folder.resolve("files");
      Machine.makeFiles(files);
      var kernel = Files.readAllBytes(files.resolve("vmlinuz"));
      var initramfs = Files.readAllBytes(files.resolve("initramfs.cpio.gz"));
      var squashfs = Files.readAllBytes(files.resolve("rootfs.squashfs"));
      var repository = workspace.repository("debian");
      workspace.apply(
          """
          apiVersion: osimage.dev/v1alpha1
          kind: OsImage
          metadata: {name: debian}
          spec:
            architecture: amd64
            commandLine: "%s"
            files:
              kernel: %s
              initramfs: %s
              squashfs: %s
            destination: {repository: "%s", tags: [one-amd64, two-amd64], plainHTTP: true}
          """
              .formatted(
                  COMMAND_LINE,
                  sources.publish("vmlinuz", kernel),
                  sources.publish("initramfs", initramfs),
                  sources.publish("squashfs", squashfs),
                  repository));

      var status = workspace.awaitServed("debian").getStatus();

      var artifact = Objects.requireNonNull(status.artifact());
      for (var tag :
          List.of("one-amd64", "two-amd64", "osimage-" + artifact.inputsHash().substring(0, 16))) {
        assertThat(Skopeo.digest(repository + ":" + tag)).as(tag).isEqualTo(artifact.digest());
      }
      assertThat(Skopeo.digest(artifact.reference())).isEqualTo(artifact.digest());
      assertThat(artifact.size())
          .isEqualTo((long) kernel.length + initramfs.length + squashfs.length);

      var parts = Objects.requireNonNull(status.parts());
      assertThat(parts).extracting(Part::name).containsExactly("initramfs", "kernel", "squashfs");
      for (var part : parts) {
        assertThat(part.url()).contains(part.digest());
        var fetched = curl(part.url(), folder.resolve(part.name()));
        assertThat(Digest.of(fetched).toString()).isEqualTo(part.digest());
        assertThat(fetched.length).isEqualTo((int) part.size());
      }

      var boot = Objects.requireNonNull(status.boot());
      assertThat(boot.rootfsURL()).isNull();
      curl(Objects.requireNonNull(boot.kernelURL()), folder.resolve("boot-kernel"));
      curl(Objects.requireNonNull(boot.initramfsURL()), folder.resolve("boot-initramfs"));
      var console =
          Machine.boot(
              folder.resolve("boot-kernel"),
              folder.resolve("boot-initramfs"),
              Objects.requireNonNull(boot.commandLine()));
      assertThat(console).contains("OSIMAGE-BOOT-OK cmdline: " + COMMAND_LINE);
    }
  }

  private static byte[] curl(String url, Path file) throws Exception {
    Command.of("curl", "-sS", "--fail", "-o", file.toString(), url).run();
    return Files.readAllBytes(file);
  }
}
