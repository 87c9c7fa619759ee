package dev.osimage.oci.content;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Semaphore;

/**
 * The memory for windows, which all decoders of the process share. A decoder waits for its turn, in
 * the order of asking, and never while it holds something; so whoever holds something can finish,
 * and nobody waits for ever.
 *
 * <p>A decoder that reads from another one would break that rule: the outer one holds its window
 * while the inner one waits. Such a nest takes the whole budget before it starts and divides it
 * among its own decoders, which are refused, and do not wait, when it does not suffice.
 */
final class Windows {

  /** 64 MiB: the window of {@code xz -9} and of {@code zstd --long=26}. */
  static final int BYTES = 64 << 20;

  private static final int KIB = 1024;
  private static final Windows PROCESS = new Windows(BYTES);

  private final int all;
  private final Semaphore free;
  private final boolean patient;

  /** A budget of its own, of whole KiB. */
  Windows(int bytes) {
    this(bytes / KIB, true);
  }

  private Windows(int permits, boolean patient) {
    this.all = permits;
    this.free = new Semaphore(permits, true);
    this.patient = patient;
  }

  /** The budget of the process. */
  static Windows ofProcess() {
    return PROCESS;
  }

  /**
   * Takes a part, of at most {@link #BYTES}, until it is closed. Waits without a bound of its own:
   * whoever may not wait for ever, interrupts the thread, which ends the waiting with an {@link
   * InterruptedIOException}.
   */
  Share take(long bytes) throws IOException {
    if (bytes > BYTES) {
      throw new IllegalArgumentException("there are never so many bytes: " + bytes);
    }
    return takePermits(Math.toIntExact((bytes + KIB - 1) / KIB));
  }

  /** Takes the whole budget, as {@link #take} does, for a nest. */
  Share takeAll() throws IOException {
    return takePermits(all);
  }

  private Share takePermits(int permits) throws IOException {
    if (patient) {
      acquire(permits);
    } else if (!free.tryAcquire(permits)) {
      throw new ContentException(
          "The archive and a compressed member need more than 64 MiB of windows together;"
              + " compress only one of them");
    }
    return new Share(permits);
  }

  /** How many bytes nobody holds. */
  int available() {
    return free.availablePermits() * KIB;
  }

  /** How many decoders and nests wait for their turn. */
  int waiting() {
    return free.getQueueLength();
  }

  private void acquire(int permits) throws InterruptedIOException {
    try {
      free.acquire(permits);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for memory to decompress");
    }
  }

  /** What one decoder holds. */
  final class Share implements AutoCloseable {

    private int permits;

    private Share(int permits) {
      this.permits = permits;
    }

    /** This share as the budget of a nest, whose decoders must be closed before it. */
    Windows divided() {
      return new Windows(permits, false);
    }

    @Override
    public synchronized void close() {
      free.release(permits);
      permits = 0;
    }
  }
}
