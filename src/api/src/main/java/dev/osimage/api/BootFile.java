package dev.osimage.api;

import java.util.Arrays;
import java.util.Optional;

/** What the boot gateway serves of one artifact, see {@link BootPath}. */
public enum BootFile {
  KERNEL("kernel", "kernel"),
  INITRAMFS("initramfs", "initramfs"),
  ROOTFS("rootfs", "rootfs"),
  SQUASHFS("squashfs", "squashfs"),
  /** UEFI firmware judges by the suffix. */
  UKI("uki", "uki.efi"),
  ISO("iso", "image.iso"),
  /** A script for iPXE that boots the artifact. */
  IPXE("", "boot.ipxe"),
  /** A script for GRUB that boots the artifact. */
  GRUB("", "boot.grub");

  private final String part;
  private final String text;

  BootFile(String part, String text) {
    this.part = part;
    this.text = text;
  }

  /** The {@link Part#name} of the part that it is; empty for a script. */
  public Optional<String> part() {
    return part.isEmpty() ? Optional.empty() : Optional.of(part);
  }

  /** Its name in the gateway's URLs. */
  public String text() {
    return text;
  }

  /** The file with this name in the gateway's URLs. */
  public static Optional<BootFile> of(String text) {
    return Arrays.stream(values()).filter(file -> file.text.equals(text)).findFirst();
  }
}
