package dev.osimage.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A machine that boots: QEMU in software emulation, its serial console in view. */
final class Machine {

  private static final Path FILES = Project.file("e2e/machine/make-files.sh");
  private static final Path BOOT = Project.file("e2e/machine/boot.sh");

  private Machine() {}

  /**
   * Makes {@code vmlinuz}, {@code initramfs.cpio.gz}, {@code uki.efi} and {@code rootfs.squashfs}.
   */
  static void makeFiles(Path folder) {
    Command.of(FILES, folder.toString()).within(Duration.ofMinutes(10)).run();
  }

  /**
   * Boots over the network with iPXE from a BIOS, which is led to the URL of a script; returns what
   * the initramfs said when it has mounted its root. The console is kept in {@code log}.
   */
  static String bootWithIpxe(String script, Path log) {
    return bootOverTheNetwork("--ipxe-url", script, "root", log);
  }

  /** For people: the URLs that iPXE fetched, as far as the console of such a boot shows them. */
  static List<String> fetched(Path log) {
    try {
      // A line of the console has 80 characters, and figures of progress are taken back.
      return Files.readString(log, StandardCharsets.ISO_8859_1)
          .replaceAll("[ 0-9%]*\b[ \b]*", "")
          .replaceAll("(?m)^([^\r\n]{80})\r?\n", "$1")
          .lines()
          .filter(line -> line.matches("http://\\S+\\.\\.\\. ?ok"))
          .map(line -> line.replaceFirst("\\.+ ?ok$", ""))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Boots over the network with UEFI, which is told the URL of a program; returns what the
   * initramfs said.
   */
  static String bootWithUefi(String program, Path log) {
    var host = URI.create(program).getHost();
    if (!isOfThisMachine(host)) {
      throw new UnsupportedByCluster(
          "the network of the machine that boots ends here, and %s is elsewhere".formatted(host));
    }
    return bootOverTheNetwork("--uefi-url", program, "cmdline", log);
  }

  private static boolean isOfThisMachine(String address) {
    try {
      return NetworkInterface.getByInetAddress(InetAddress.ofLiteral(address)) != null;
    } catch (SocketException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String bootOverTheNetwork(String way, String url, String until, Path log) {
    return Command.of(BOOT, way, url, "--until", until, "--timeout", "240", "--log", log.toString())
        .within(Duration.ofMinutes(5))
        .run();
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
