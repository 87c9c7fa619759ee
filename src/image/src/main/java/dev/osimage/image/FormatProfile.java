package dev.osimage.image;

import dev.osimage.api.Format;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** The media types of one {@link Format}; a part without one does not exist in that format. */
public final class FormatProfile {

  private static final Map<Format, FormatProfile> PROFILES = new EnumMap<>(Format.class);

  static {
    PROFILES.put(
        Format.IRONCORE,
        new FormatProfile(
            "application/vnd.ironcore.image.config.v1+json",
            Map.of(
                PartName.ROOTFS, "application/vnd.ironcore.image.rootfs",
                PartName.INITRAMFS, "application/vnd.ironcore.image.initramfs",
                PartName.KERNEL, "application/vnd.ironcore.image.kernel",
                PartName.SQUASHFS, "application/vnd.ironcore.image.squashfs",
                PartName.UKI, "application/vnd.ironcore.image.uki",
                PartName.ISO, "application/vnd.ironcore.image.iso")));
    PROFILES.put(
        Format.IRONCORE_LEGACY,
        new FormatProfile(
            "application/vnd.ironcore.image.config.v1alpha1+json",
            Map.of(
                PartName.ROOTFS, "application/vnd.ironcore.image.rootfs.v1alpha1.rootfs",
                PartName.INITRAMFS, "application/vnd.ironcore.image.initramfs.v1alpha1.initramfs",
                PartName.KERNEL, "application/vnd.ironcore.image.vmlinuz.v1alpha1.vmlinuz",
                PartName.SQUASHFS, "application/vnd.ironcore.image.squashfs.v1alpha1.squashfs")));
    PROFILES.put(
        Format.ONMETAL,
        new FormatProfile(
            "application/vnd.onmetal.image.config.v1alpha1+json",
            Map.of(
                PartName.ROOTFS, "application/vnd.onmetal.image.rootfs.v1alpha1.rootfs",
                PartName.INITRAMFS, "application/vnd.onmetal.image.initramfs.v1alpha1.initramfs",
                PartName.KERNEL, "application/vnd.onmetal.image.vmlinuz.v1alpha1.vmlinuz")));
  }

  private final String configMediaType;
  private final Map<PartName, String> mediaTypes;

  private FormatProfile(String configMediaType, Map<PartName, String> mediaTypes) {
    this.configMediaType = configMediaType;
    this.mediaTypes = mediaTypes;
  }

  /** The profile of a format. */
  public static FormatProfile of(Format format) {
    var profile = PROFILES.get(format);
    if (profile == null) {
      throw new IllegalArgumentException("no profile for format " + format.text());
    }
    return profile;
  }

  /** Media type of the config blob. */
  public String configMediaType() {
    return configMediaType;
  }

  /** Media type of a part's layer, empty when the format has no such part. */
  public Optional<String> mediaType(PartName part) {
    return Optional.ofNullable(mediaTypes.get(part));
  }
}
