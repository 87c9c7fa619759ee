package dev.osimage.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Makes the first bytes of files that machines boot, as far as the formats fix them. */
final class Headers {

  static final int AMD64 = 0x8664;
  static final int ARM64 = 0xAA64;

  private final ByteBuffer bytes =
      ByteBuffer.allocate(BootHeader.LENGTH).order(ByteOrder.LITTLE_ENDIAN);

  /**
   * x86 boot protocol 2.15: with an EFI stub, so it is also a PE file, as distributions build it.
   */
  static byte[] bzImage(boolean has64BitEntry) {
    return new Headers()
        .text(0, "MZ")
        .int32(0x3c, 0x40)
        .text(0x40, "PE\0\0")
        .int16(0x44, has64BitEntry ? AMD64 : 0x14c)
        .int16(0x1fe, 0xAA55)
        .text(0x202, "HdrS")
        .int16(0x206, 0x20f)
        .int16(0x236, has64BitEntry ? 0x7f : 0x2)
        .make();
  }

  /** Without an EFI stub, so without MZ. */
  static byte[] plainBzImage() {
    return new Headers()
        .int16(0x1fe, 0xAA55)
        .text(0x202, "HdrS")
        .int16(0x206, 0x20f)
        .int16(0x236, 1)
        .make();
  }

  static byte[] arm64Image() {
    return new Headers()
        .text(0, "MZ")
        .text(0x38, "ARMd")
        .int32(0x3c, 0x40)
        .text(0x40, "PE\0\0")
        .int16(0x44, ARM64)
        .make();
  }

  static byte[] zboot(int machine) {
    return new Headers()
        .text(0, "MZ")
        .text(4, "zimg")
        .text(0x18, "gzip")
        .int32(0x3c, 0x40)
        .text(0x40, "PE\0\0")
        .int16(0x44, machine)
        .make();
  }

  /** The stub that unified kernel images begin with. */
  static byte[] pe(int machine) {
    return pe(0x80, machine);
  }

  static byte[] pe(int offset, int machine) {
    return new Headers()
        .text(0, "MZ")
        .int32(0x3c, offset)
        .text(offset, "PE\0\0")
        .int16(offset + 4, machine)
        .make();
  }

  /** An MZ header that points to {@code offset}, with nothing there. */
  static byte[] mzPointingTo(int offset) {
    return new Headers().text(0, "MZ").int32(0x3c, offset).make();
  }

  static byte[] beginningWith(String latin1) {
    return new Headers().text(0, latin1).make();
  }

  private Headers text(int at, String text) {
    bytes.put(at, text.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  private Headers int16(int at, int value) {
    bytes.putShort(at, (short) value);
    return this;
  }

  private Headers int32(int at, int value) {
    bytes.putInt(at, value);
    return this;
  }

  private byte[] make() {
    return bytes.array();
  }
}
