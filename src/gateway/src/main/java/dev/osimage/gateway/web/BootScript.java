package dev.osimage.gateway.web;

import dev.osimage.api.BootFile;
import dev.osimage.api.BootPath;
import dev.osimage.gateway.catalog.BootImage;
import java.util.List;
import java.util.Optional;

/**
 * Scripts that boot an artifact: its kernel and initramfs with its command line, or its unified
 * kernel image. In the command line, {@code ${squashfs-url}} and {@code ${rootfs-url}} stand for
 * the URLs of these parts, because an artifact can't name its own digests.
 */
final class BootScript {

  private final String baseUrl;
  private final BootImage image;
  private final String arguments;

  /**
   * The scripts of one artifact.
   *
   * @param baseUrl what machines reach the gateway by, without a slash at the end
   * @param append arguments that are added to the command line
   */
  BootScript(String baseUrl, BootImage image, List<String> append) {
    this.baseUrl = baseUrl;
    this.image = image;
    var own = image.commandLine() == null ? "" : image.commandLine();
    this.arguments =
        (own + " " + String.join(" ", append))
            .strip()
            .replace("${squashfs-url}", url(BootFile.SQUASHFS))
            .replace("${rootfs-url}", url(BootFile.ROOTFS));
  }

  /** For iPXE; empty when the artifact has nothing that it could boot. */
  Optional<String> ipxe() {
    if (image.part(BootFile.KERNEL).isPresent()) {
      var script = new StringBuilder("#!ipxe\n");
      boolean initramfs = image.part(BootFile.INITRAMFS).isPresent();
      script.append("kernel --name kernel ").append(url(BootFile.KERNEL));
      // EFI kernels find their initramfs by this name.
      script.append(initramfs ? " initrd=initramfs" : "");
      script.append(arguments.isEmpty() ? "" : " " + arguments).append('\n');
      if (initramfs) {
        script.append("initrd --name initramfs ").append(url(BootFile.INITRAMFS)).append('\n');
      }
      return Optional.of(script.append("boot\n").toString());
    }
    return image.part(BootFile.UKI).map(uki -> "#!ipxe\nchain " + url(BootFile.UKI) + "\n");
  }

  /** For GRUB; empty when the artifact has nothing that it could boot. */
  Optional<String> grub() {
    if (image.part(BootFile.KERNEL).isPresent()) {
      var script = new StringBuilder("linux ").append(device(BootFile.KERNEL));
      for (var argument : arguments.split(" +", -1)) {
        script.append(argument.isEmpty() ? "" : " " + quoted(argument));
      }
      script.append('\n');
      if (image.part(BootFile.INITRAMFS).isPresent()) {
        script.append("initrd ").append(device(BootFile.INITRAMFS)).append('\n');
      }
      return Optional.of(script.append("boot\n").toString());
    }
    return image.part(BootFile.UKI).map(uki -> "chainloader " + device(BootFile.UKI) + "\nboot\n");
  }

  private String url(BootFile file) {
    return image.part(file).isEmpty() ? "" : baseUrl + path(file);
  }

  private String path(BootFile file) {
    return new BootPath(image.namespace(), image.name(), image.manifest(), file).toString();
  }

  /** GRUB writes URLs in its own way; it knows HTTP only. */
  private String device(BootFile file) {
    var rest = baseUrl.replaceFirst("^https?://", "");
    int slash = rest.indexOf('/');
    var host = slash < 0 ? rest : rest.substring(0, slash);
    var prefix = slash < 0 ? "" : rest.substring(slash);
    return "(http," + host + ")" + prefix + path(file);
  }

  private static String quoted(String argument) {
    return argument.matches("[A-Za-z0-9_.,:/=@%+-]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}
