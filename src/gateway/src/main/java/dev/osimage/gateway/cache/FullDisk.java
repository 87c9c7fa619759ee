package dev.osimage.gateway.cache;

import java.io.IOException;
import java.util.Locale;

/** Tells a disk that is full from one that fails: Java has one exception for both. */
final class FullDisk {

  /** Something that writes to the disk. */
  interface Work<T> {
    T run() throws IOException;
  }

  private FullDisk() {}

  /** What {@code work} gives. */
  static <T> T told(Work<T> work) throws IOException {
    try {
      return work.run();
    } catch (IOException e) {
      if (isMeantBy(e)) {
        throw exception();
      }
      throw e;
    }
  }

  /** Whether this is what the kernel says of a disk, or a share of one, that is full. */
  static boolean isMeantBy(IOException e) {
    var message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return message.contains("no space left") || message.contains("quota exceeded");
  }

  /** What those are told who wait for something that has no room there. */
  static CacheFullException exception() {
    return new CacheFullException(
        "the disk of the gateway's cache is full:"
            + " free some of it, or give gateway.cache.volume a larger one");
  }
}
