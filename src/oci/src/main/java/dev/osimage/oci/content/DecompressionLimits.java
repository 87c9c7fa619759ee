package dev.osimage.oci.content;

/**
 * How far content that nobody vouches for may expand. Decoding takes the same memory whatever comes
 * out, so {@code maxBytes} is the bound that counts: of one decompressed stream, and of all members
 * of one archive together. {@code maxRatio} makes a bomb as long as the harm that it does: once
 * more than {@code freeBytes} came out, output may be at most {@code maxRatio} times the input.
 *
 * @param maxBytes the most bytes that may come out
 * @param freeBytes the output from which on the ratio counts
 * @param maxRatio the most bytes of output for each byte of input
 * @param maxEntries the most entries of an archive, wanted or not
 * @param maxWindow the largest window (xz: dictionary) of one decoder, in bytes; at most 64 MiB
 */
public record DecompressionLimits(
    long maxBytes, long freeBytes, int maxRatio, int maxEntries, int maxWindow) {

  private static final long MIB = 1L << 20;

  /**
   * For images of operating systems: 64 GiB, a ratio of 5,000 after the first GiB, a million
   * entries, windows of 64 MiB.
   *
   * <p>No ratio tells a bomb from the empty parts of a disk: runs of zeros shrink to the utmost
   * that a format can do (gzip 1,030, xz 7,000, zstd 32,000, bzip2 1,000,000 to one), and an empty
   * partition may come first. Hence the first GiB is free. After that a disk of 64 GiB passes if it
   * takes 13 MiB compressed, which is less than a kernel with an initramfs; and whoever wants to
   * keep a builder busy for 64 GiB has to send as much.
   */
  public static final DecompressionLimits DEFAULT =
      new DecompressionLimits(64 * 1024 * MIB, 1024 * MIB, 5_000, 1_000_000, Windows.BYTES);

  public DecompressionLimits {
    if (maxBytes < 0 || freeBytes < 0 || maxRatio < 1 || maxEntries < 1 || maxWindow < 1) {
      throw new IllegalArgumentException("a limit is missing or negative");
    }
    if (maxWindow > Windows.BYTES) {
      throw new IllegalArgumentException("maxWindow is more than 64 MiB, which is all there is");
    }
  }

  /** The same limits with another bound of the output. */
  public DecompressionLimits withMaxBytes(long maxBytes) {
    return new DecompressionLimits(maxBytes, freeBytes, maxRatio, maxEntries, maxWindow);
  }

  /** Throws when so much output is too much, or too much for so much input. */
  void check(long output, long input) throws ContentException {
    if (output > maxBytes) {
      throw new ContentException(
          "The content is larger than "
              + maxBytes
              + " bytes once it is decompressed, which is the most that is taken");
    }
    if (output > freeBytes && output / maxRatio > input) {
      throw new ContentException(
          "The content grows to more than "
              + maxRatio
              + " times its size: that is a decompression bomb, or a disk that is all but empty;"
              + " make the disk smaller");
    }
  }

  /** Throws when a decoder would need more than {@code maxWindow}. */
  void checkWindow(Compression compression, long bytes) throws ContentException {
    if (bytes > maxWindow) {
      throw new ContentException(
          "The "
              + compression.text()
              + " data needs a window of "
              + (bytes + MIB - 1) / MIB
              + " MiB to be decompressed, of at most "
              + maxWindow / MIB
              + " MiB; compress it again with '"
              + (compression == Compression.XZ ? "xz -9" : "zstd --long=26")
              + "' or less");
    }
  }
}
