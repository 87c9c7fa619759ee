package dev.osimage.gateway.cache;

import dev.osimage.oci.Descriptor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A blob in the cache, complete or on its way. While it is on its way, its content may be read as
 * far as it has come, except for the end: that is shown once the digest is known to be right, so
 * that nobody has a whole body of wrong bytes. Safe for use by several threads.
 */
public final class Blob {

  private static final Logger LOG = LoggerFactory.getLogger(Blob.class);

  /** What is held back of a blob whose digest is not known yet. */
  static final long HELD_BACK = 64L * 1024;

  private record Waiter(long position, Runnable wake) {}

  private final Descriptor descriptor;
  private final List<Waiter> waiters = new ArrayList<>();
  private @Nullable FileChannel channel;
  private long available;
  private boolean complete;
  private @Nullable Exception failure;

  Blob(Descriptor descriptor) {
    this.descriptor = descriptor;
  }

  /** What it is. */
  public Descriptor descriptor() {
    return descriptor;
  }

  /** How many bytes from the beginning may be shown now. */
  public synchronized long available() {
    return available;
  }

  /** Whether all of it is there, with the right digest. */
  public synchronized boolean isComplete() {
    return complete;
  }

  /** Why the rest of it will not come; what was shown before may be wrong. */
  public synchronized Optional<Exception> failure() {
    return Optional.ofNullable(failure);
  }

  /** The file that it is in; only bytes that are {@link #available} are to be read. */
  public synchronized FileChannel channel() {
    if (channel == null) {
      throw new IllegalStateException("nothing of it is available");
    }
    return channel;
  }

  /**
   * Runs {@code wake} once: when more than {@code position} bytes are available, or no more will
   * come. That may be at once, and in this thread.
   */
  public void whenBeyond(long position, Runnable wake) {
    synchronized (this) {
      if (!isOver(position)) {
        waiters.add(new Waiter(position, wake));
        return;
      }
    }
    wake.run();
  }

  /** Waits until more than {@code position} bytes are available, or no more will come. */
  public synchronized void awaitBeyond(long position) throws InterruptedException {
    while (!isOver(position)) {
      wait();
    }
  }

  /** Whether the bytes before {@code end} are shown before all of them are known to be right. */
  public boolean isShownEarly(long end) {
    return end <= descriptor.size() - HELD_BACK;
  }

  /** Waits until it is complete, or will never be. */
  public void awaitEnd() throws InterruptedException {
    awaitBeyond(Long.MAX_VALUE);
  }

  private boolean isOver(long position) {
    return available > position || complete || failure != null;
  }

  synchronized void openedAs(FileChannel file) {
    channel = file;
  }

  /** So many bytes have come. */
  void grownTo(long bytes) {
    change(() -> available = Math.max(0, Math.min(bytes, descriptor.size() - HELD_BACK)));
  }

  /** All bytes have come, and they are the right ones. */
  void completed() {
    change(() -> {
      complete = true;
      available = descriptor.size();
    });
  }

  void failed(Exception why) {
    change(() -> failure = why);
  }

  private void change(Runnable what) {
    var woken = new ArrayList<Waiter>();
    synchronized (this) {
      what.run();
      waiters.removeIf(waiter -> isOver(waiter.position()) && woken.add(waiter));
      notifyAll();
    }
    for (var waiter : woken) {
      try {
        waiter.wake().run();
      } catch (RuntimeException e) {
        LOG.warn("somebody who waits for {} can't be woken", descriptor.digest(), e);
      }
    }
  }

  /** Closes the file: nobody reads it any more. */
  void close() {
    FileChannel open;
    synchronized (this) {
      open = channel;
      channel = null;
    }
    try {
      if (open != null) {
        open.close();
      }
    } catch (IOException e) {
      LOG.warn("{} can't be closed: {}", descriptor.digest(), e.getMessage());
    }
  }
}
