package dev.osimage.oci.content;

import java.util.function.LongSupplier;

/** How much all entries of one archive gave, which is more than the archive has when it is zip. */
final class Expansion {

  private final DecompressionLimits limits;
  private final LongSupplier input;
  private long output;

  /** Compared with the bytes of input that were read so far. */
  Expansion(DecompressionLimits limits, LongSupplier input) {
    this.limits = limits;
    this.input = input;
  }

  /** Throws when that is too much. */
  void add(long bytes) throws ContentException {
    output += bytes;
    limits.check(output, input.getAsLong());
  }
}
