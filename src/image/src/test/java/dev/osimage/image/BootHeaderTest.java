package dev.osimage.image;

import static dev.osimage.api.Architecture.AMD64;
import static dev.osimage.api.Architecture.ARM64;
import static dev.osimage.image.PartName.KERNEL;
import static dev.osimage.image.PartName.UKI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.Architecture;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BootHeaderTest {

  static Stream<Arguments> bootable() {
    return Stream.of(
        Arguments.of("bzImage with EFI stub", KERNEL, AMD64, Headers.bzImage(true)),
        Arguments.of("bzImage without EFI stub", KERNEL, AMD64, Headers.plainBzImage()),
        Arguments.of("Image", KERNEL, ARM64, Headers.arm64Image()),
        Arguments.of("zboot amd64", KERNEL, AMD64, Headers.zboot(Headers.AMD64)),
        Arguments.of("zboot arm64", KERNEL, ARM64, Headers.zboot(Headers.ARM64)),
        Arguments.of("UKI amd64", UKI, AMD64, Headers.pe(Headers.AMD64)),
        Arguments.of("UKI arm64", UKI, ARM64, Headers.pe(Headers.ARM64)),
        Arguments.of("UKI, header late", UKI, AMD64, Headers.pe(4090, Headers.AMD64)),
        Arguments.of("kernel with EFI stub as UKI", UKI, AMD64, Headers.bzImage(true)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bootable")
  void whatAMachineBootsPasses(String what, PartName part, Architecture wanted, byte[] start) {
    assertThat(BootHeader.problem(part, wanted, start)).as(what).isEmpty();
  }

  static Stream<Arguments> mistakes() {
    return Stream.of(
        mistake(
            KERNEL, ARM64, Headers.bzImage(true), "is an amd64 kernel, but architecture is arm64"),
        mistake(
            KERNEL, AMD64, Headers.arm64Image(), "is an arm64 kernel, but architecture is amd64"),
        mistake(
            KERNEL,
            AMD64,
            Headers.zboot(Headers.ARM64),
            "is an arm64 kernel, but architecture is amd64"),
        mistake(
            KERNEL,
            ARM64,
            Headers.zboot(Headers.AMD64),
            "is an amd64 kernel, but architecture is arm64"),
        mistake(
            KERNEL,
            ARM64,
            Headers.zboot(0x5064),
            "is an EFI zboot kernel for another architecture"),
        mistake(
            KERNEL,
            AMD64,
            Headers.bzImage(false),
            "is a 32-bit x86 kernel, but architecture is amd64"),
        mistake(
            UKI,
            AMD64,
            Headers.pe(Headers.ARM64),
            "is an arm64 EFI executable, but architecture is amd64"),
        mistake(
            UKI,
            ARM64,
            Headers.pe(Headers.AMD64),
            "is an amd64 EFI executable, but architecture is arm64"),
        mistake(UKI, AMD64, Headers.pe(0x14c), "is an EFI executable for another architecture"),
        mistake(
            KERNEL,
            AMD64,
            Headers.pe(Headers.AMD64),
            "is not a Linux kernel for amd64: it begins with the bytes 4d 5a 00 00 00 00 00 00"),
        mistake(
            KERNEL,
            AMD64,
            new byte[] {7},
            "is not a Linux kernel for amd64: it begins with the bytes 07"));
  }

  private static Arguments mistake(PartName part, Architecture wanted, byte[] start, String found) {
    return Arguments.of(part, wanted, start, found);
  }

  @ParameterizedTest(name = "{0} {1} {3}")
  @MethodSource("mistakes")
  void theWrongFileIsNamed(PartName part, Architecture wanted, byte[] start, String problem) {
    assertThat(BootHeader.problem(part, wanted, start)).contains(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "\u007fELF|is an ELF file (a vmlinux, perhaps; boot loaders take bzImage or Image)",
        "\u001f\u008b\u0008|is compressed with gzip (an initramfs, perhaps, or it needs decompress: Gzip)",
        "(\u00b5/\u00fd|is compressed with zstd (an initramfs, perhaps, or it needs decompress: Zstd)",
        "\u00fd7zXZ|is compressed with xz (an initramfs, perhaps, or it needs decompress: Xz)",
        "070701|is a cpio archive (an initramfs, perhaps)",
        "070707|is a cpio archive (an initramfs, perhaps)",
        "hsqs|is a squashfs",
        "<!DOCTYPE html>|is a web page or XML (an error page of the server, perhaps)",
        "<?xml|is a web page or XML (an error page of the server, perhaps)",
        "Not found|begins with the bytes 4e 6f 74 20 66 6f 75 6e"
      })
  void aFileOfAnotherKindIsNamedByWhatItLooksLike(String start, String what) {
    var bytes = Headers.beginningWith(start);

    assertThat(BootHeader.problem(KERNEL, ARM64, bytes))
        .contains("is not a Linux kernel for arm64: it " + what);
    assertThat(BootHeader.problem(UKI, AMD64, bytes))
        .contains("is not an EFI executable: it " + what);
  }

  @Test
  void anEmptyFileIsCalledEmpty() {
    assertThat(BootHeader.problem(KERNEL, AMD64, new byte[0]))
        .contains("is not a Linux kernel for amd64: it is empty");
    assertThat(BootHeader.problem(UKI, AMD64, new byte[0]))
        .contains("is not an EFI executable: it is empty");
  }

  @ParameterizedTest
  @ValueSource(
      ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE - 3, 4093, 4096, 0})
  void anMzFileWithoutAPeHeaderWhereItPointsIsNoEfiExecutable(int offset) {
    assertThat(BootHeader.problem(UKI, AMD64, Headers.mzPointingTo(offset)))
        .hasValueSatisfying(
            problem -> assertThat(problem).startsWith("is not an EFI executable: it begins"));
  }

  @ParameterizedTest
  @MethodSource("bootable")
  void aFileThatEndsInItsHeaderDoesNotPass(
      String what, PartName part, Architecture wanted, byte[] start) {
    int needed = neededLength(part, wanted, start);

    assertThat(BootHeader.problem(part, wanted, Arrays.copyOf(start, needed))).as(what).isEmpty();
    for (int length = 0; length < needed; length++) {
      assertThat(BootHeader.problem(part, wanted, Arrays.copyOf(start, length)))
          .as("%s, cut after %d of %d bytes", what, length, needed)
          .isPresent();
    }
  }

  /** Up to the last field that the check has to read. */
  private static int neededLength(PartName part, Architecture wanted, byte[] start) {
    if (part == KERNEL && start[4] != 'z') {
      return wanted == AMD64 ? 0x238 : 0x3c;
    }
    int pe = (start[0x3c] & 0xff) | (start[0x3d] & 0xff) << 8;
    return pe + 6;
  }

  @ParameterizedTest
  @EnumSource(
      value = PartName.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"KERNEL", "UKI"})
  void otherPartsHaveNoHeaderToCheck(PartName part) {
    assertThat(BootHeader.problem(part, AMD64, new byte[0])).isEmpty();
    assertThat(BootHeader.problem(part, ARM64, Headers.bzImage(true))).isEmpty();
  }

  @Test
  void noBytesMakeTheCheckFailOtherThanByASentence() {
    var random = new Random(20260101);
    var seeds =
        List.of(
            Headers.bzImage(true),
            Headers.arm64Image(),
            Headers.zboot(Headers.ARM64),
            Headers.pe(Headers.AMD64),
            new byte[BootHeader.LENGTH]);
    for (int i = 0; i < 20_000; i++) {
      var bytes = Arrays.copyOf(seeds.get(i % seeds.size()), random.nextInt(0x300));
      for (int flips = random.nextInt(8); flips > 0 && bytes.length > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      if (bytes.length >= 0x40 && random.nextBoolean()) {
        bytes[0x3f] = (byte) random.nextInt();
      }
      for (var part : List.of(KERNEL, UKI)) {
        for (var wanted : Architecture.values()) {
          BootHeader.problem(part, wanted, bytes)
              .ifPresent(problem -> assertThat(problem).startsWith("is "));
        }
      }
    }
  }
}
