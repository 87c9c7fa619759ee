package dev.osimage.image;

import dev.osimage.api.Architecture;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A look at the first bytes of a kernel or a unified kernel image: is it one at all, and for this
 * architecture? Finds the mistakes people make (an initramfs in the place of the kernel, the other
 * architecture, a vmlinux, an error page), not damage.
 */
public final class BootHeader {

  /** How many bytes from the start the checks look at, at most. */
  public static final int LENGTH = 4096;

  private static final int MACHINE_AMD64 = 0x8664;
  private static final int MACHINE_ARM64 = 0xAA64;

  private final ByteBuffer bytes;

  private BootHeader(byte[] start) {
    this.bytes = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * What is wrong with a kernel or UKI of which {@code start} are the first bytes, as the end of a
   * sentence ("is ..."); empty when nothing is. Other parts have no header to check.
   */
  public static Optional<String> problem(PartName part, Architecture architecture, byte[] start) {
    var header = new BootHeader(start);
    return switch (part) {
      case KERNEL -> header.kernelProblem(architecture);
      case UKI -> header.ukiProblem(architecture);
      default -> Optional.empty();
    };
  }

  private Optional<String> kernelProblem(Architecture wanted) {
    if (isBzImage()) {
      return wanted == Architecture.AMD64 && !is64Bit()
          ? Optional.of("is a 32-bit x86 kernel, but architecture is amd64")
          : mismatch("kernel", Architecture.AMD64, wanted);
    }
    if (hasText(0x38, "ARMd")) {
      return mismatch("kernel", Architecture.ARM64, wanted);
    }
    if (hasText(0, "MZ") && hasText(4, "zimg")) {
      return machine()
          .map(found -> mismatch("kernel", found, wanted))
          .orElse(Optional.of("is an EFI zboot kernel for another architecture"));
    }
    return Optional.of("is not a Linux kernel for " + wanted.ociName() + ": it " + looksLike());
  }

  private Optional<String> ukiProblem(Architecture wanted) {
    if (!hasText(0, "MZ") || peOffset() < 0) {
      return Optional.of("is not an EFI executable: it " + looksLike());
    }
    return machine()
        .map(found -> mismatch("EFI executable", found, wanted))
        .orElse(Optional.of("is an EFI executable for another architecture"));
  }

  private static Optional<String> mismatch(String what, Architecture found, Architecture wanted) {
    return found == wanted
        ? Optional.empty()
        : Optional.of(
            "is an %s %s, but architecture is %s"
                .formatted(found.ociName(), what, wanted.ociName()));
  }

  /** Linux boot protocol 2.00 and later (Documentation/arch/x86/boot.rst). */
  private boolean isBzImage() {
    return hasText(0x202, "HdrS") && unsignedShort(0x1fe) == 0xAA55;
  }

  /** Bit 0 of xloadflags: the kernel has a 64-bit entry point. */
  private boolean is64Bit() {
    int xloadflags = unsignedShort(0x236);
    return xloadflags >= 0 && (xloadflags & 1) == 1;
  }

  private Optional<Architecture> machine() {
    int pe = peOffset();
    return switch (pe < 0 ? -1 : unsignedShort(pe + 4)) {
      case MACHINE_AMD64 -> Optional.of(Architecture.AMD64);
      case MACHINE_ARM64 -> Optional.of(Architecture.ARM64);
      default -> Optional.empty();
    };
  }

  private int peOffset() {
    if (bytes.limit() < 0x40) {
      return -1;
    }
    int offset = bytes.getInt(0x3c);
    return offset >= 0 && hasText(offset, "PE\0\0") ? offset : -1;
  }

  private String looksLike() {
    if (bytes.limit() == 0) {
      return "is empty";
    }
    if (hasText(0, "\u007fELF")) {
      return "is an ELF file (a vmlinux, perhaps; boot loaders take bzImage or Image)";
    }
    if (startsWith(0x1f, 0x8b)) {
      return "is compressed with gzip (an initramfs, perhaps, or it needs decompress: Gzip)";
    }
    if (startsWith(0x28, 0xb5, 0x2f, 0xfd)) {
      return "is compressed with zstd (an initramfs, perhaps, or it needs decompress: Zstd)";
    }
    if (startsWith(0xfd, '7', 'z', 'X', 'Z')) {
      return "is compressed with xz (an initramfs, perhaps, or it needs decompress: Xz)";
    }
    if (hasText(0, "0707")) {
      return "is a cpio archive (an initramfs, perhaps)";
    }
    if (hasText(0, "hsqs")) {
      return "is a squashfs";
    }
    if (hasText(0, "<")) {
      return "is a web page or XML (an error page of the server, perhaps)";
    }
    int shown = Math.min(bytes.limit(), 8);
    return "begins with the bytes " + hex(Arrays.copyOf(bytes.array(), shown));
  }

  private static String hex(byte[] start) {
    return HexFormat.ofDelimiter(" ").formatHex(start);
  }

  private boolean startsWith(int... values) {
    for (int i = 0; i < values.length; i++) {
      if (i >= bytes.limit() || (bytes.get(i) & 0xff) != values[i]) {
        return false;
      }
    }
    return true;
  }

  private boolean hasText(int offset, String text) {
    var expected = text.getBytes(StandardCharsets.ISO_8859_1);
    if (offset > bytes.limit() - expected.length) {
      return false;
    }
    return Arrays.equals(
        bytes.array(), offset, offset + expected.length, expected, 0, expected.length);
  }

  private int unsignedShort(int offset) {
    return offset <= bytes.limit() - 2 ? Short.toUnsignedInt(bytes.getShort(offset)) : -1;
  }
}
