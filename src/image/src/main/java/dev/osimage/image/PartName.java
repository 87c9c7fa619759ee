package dev.osimage.image;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.osimage.api.FileSource;
import dev.osimage.api.Files;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The roles of an OS image's parts, in the order in which every format lists its layers. */
public enum PartName {
  ROOTFS("rootfs"),
  INITRAMFS("initramfs"),
  KERNEL("kernel"),
  SQUASHFS("squashfs"),
  UKI("uki"),
  ISO("iso");

  private final String text;

  PartName(String text) {
    this.text = text;
  }

  /** The name in specs, plans and status. */
  @JsonValue
  public String text() {
    return text;
  }

  /** Where a spec says this part comes from; null when it has none. */
  @Nullable FileSource sourceIn(Files files) {
    return switch (this) {
      case ROOTFS -> files.rootfs();
      case INITRAMFS -> files.initramfs();
      case KERNEL -> files.kernel();
      case SQUASHFS -> files.squashfs();
      case UKI -> files.uki();
      case ISO -> files.iso();
    };
  }

  /** Reads the name; throws {@link IllegalArgumentException} for an unknown one. */
  @JsonCreator
  public static PartName of(String text) {
    return Arrays.stream(values())
        .filter(name -> name.text.equals(text))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown part '" + text + "'"));
  }
}
