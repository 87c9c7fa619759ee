package dev.osimage.oci.layout;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The right to change a layout's index.json, held by one thread of one process at a time. A lock of
 * the file system keeps processes apart and none of the threads within one, so there are two.
 */
final class LayoutLock implements Closeable {

  /** Our own file: index.json itself is replaced, and a lock stays with the file replaced. */
  static final String FILE = "index.json.lock";

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long PAUSE_MILLIS = 5;
  // Layouts that happen to share one wait for each other, which is harmless.
  private static final ReentrantLock[] THREADS =
      Stream.generate(ReentrantLock::new).limit(64).toArray(ReentrantLock[]::new);

  private final ReentrantLock thread;
  private final FileChannel process;

  private LayoutLock(ReentrantLock thread, FileChannel process) {
    this.thread = thread;
    this.process = process;
  }

  /** Takes the lock; an {@link IOException} when it is not free within a minute. */
  static LayoutLock take(Path root) throws IOException {
    var real = root.toRealPath();
    var thread = THREADS[Math.floorMod(real.hashCode(), THREADS.length)];
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      if (!thread.tryLock(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
        throw busy(real);
      }
      FileChannel process = null;
      try {
        process = lockFile(real, deadline);
        return new LayoutLock(thread, process);
      } finally {
        if (process == null) {
          thread.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for " + real.resolve(FILE));
    }
  }

  private static FileChannel lockFile(Path root, long deadline)
      throws IOException, InterruptedException {
    var file = root.resolve(FILE);
    var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      while (channel.tryLock() == null) {
        if (System.nanoTime() > deadline) {
          throw busy(root);
        }
        Thread.sleep(PAUSE_MILLIS);
      }
      locked = true;
      return channel;
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  private static IOException busy(Path root) {
    return new IOException(
        "the OCI layout %s can't be changed: another process has held the lock of %s for %d seconds"
            .formatted(root, FILE, PATIENCE.toSeconds()));
  }

  @Override
  public void close() throws IOException {
    try {
      process.close();
    } finally {
      thread.unlock();
    }
  }
}
