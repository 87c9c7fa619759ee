package dev.osimage.e2e;

import java.nio.file.Path;
import java.time.Duration;

/** A machine that boots: QEMU in software emulation, its serial console in view. */
final class Machine {

  private static final Path FILES = Project.file("e2e/machine/make-files.sh");
  private static final Path BOOT = Project.file("e2e/machine/boot.sh");

  private Machine() {}

  /** Makes {@code vmlinuz}, {@code initramfs.cpio.gz} and {@code rootfs.squashfs}. */
  static void makeFiles(Path folder) {
    Command.of(FILES, folder.toString()).within(Duration.ofMinutes(10)).run();
  }

  /** Boots; returns what the initramfs said, or throws with the end of the console. */
  static String boot(Path kernel, Path initramfs, String commandLine) {
    return Command.of(
            BOOT,
            "--kernel",
            kernel.toString(),
            "--initramfs",
            initramfs.toString(),
            "--append",
            commandLine,
            "--timeout",
            "240")
        .within(Duration.ofMinutes(5))
        .run();
  }
}
