package dev.osimage.oci.signature;

import java.util.Arrays;
import java.util.Random;

/** Changes bytes somewhere: never to what they were. */
final class Mutation {

  private Mutation() {}

  static byte[] of(byte[] bytes, Random random) {
    return of(bytes, 0, random);
  }

  /** Changes one to three bytes from an offset on, or cuts the end off, or takes one byte out. */
  static byte[] of(byte[] bytes, int from, Random random) {
    int at = from + random.nextInt(bytes.length - from);
    return switch (random.nextInt(8)) {
      case 0 -> Arrays.copyOf(bytes, at);
      case 1 -> without(bytes, at);
      default -> flipped(bytes, at, random);
    };
  }

  private static byte[] without(byte[] bytes, int at) {
    var shorter = Arrays.copyOf(bytes, bytes.length - 1);
    System.arraycopy(bytes, at + 1, shorter, at, shorter.length - at);
    return shorter;
  }

  private static byte[] flipped(byte[] bytes, int at, Random random) {
    var mutated = bytes.clone();
    int count = 1 + random.nextInt(3);
    for (int i = at; i < Math.min(at + count, mutated.length); i++) {
      mutated[i] ^= (byte) (1 + random.nextInt(random.nextBoolean() ? 7 : 255));
    }
    return mutated;
  }
}
