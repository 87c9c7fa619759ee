package dev.osimage.gateway.cache;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Writes bytes in another thread than the one that brings them: reading and hashing what a registry
 * sends takes as long as writing it. For use by one thread.
 */
final class WriteBehind implements AutoCloseable {

  private static final int BUFFERS = 4;
  private static final Piece END = new Piece(new byte[0], 0);

  private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(BUFFERS);
  private final BlockingQueue<Piece> full = new ArrayBlockingQueue<>(BUFFERS + 1);
  private final CompletableFuture<Void> writer;
  private volatile @Nullable Throwable failure;
  private boolean ended;

  /** The first bytes of a buffer. */
  private static final class Piece {

    private final byte[] buffer;
    private final int length;

    Piece(byte[] buffer, int length) {
      this.buffer = buffer;
      this.length = length;
    }
  }

  /** Where the bytes go, in their order. */
  interface Sink {
    void write(byte[] buffer, int length) throws IOException;
  }

  /** Passes buffers of {@code size} bytes on to {@code sink}, in a thread of {@code executor}. */
  WriteBehind(int size, Sink sink, Executor executor) {
    for (int i = 0; i < BUFFERS; i++) {
      free.add(new byte[size]);
    }
    writer = CompletableFuture.runAsync(() -> write(sink), executor);
  }

  private void write(Sink sink) {
    try {
      for (var piece = full.take(); piece != END; piece = full.take()) {
        if (failure == null) {
          write(sink, piece);
        }
        free.add(piece.buffer);
      }
    } catch (InterruptedException e) {
      failure = e;
      for (var piece = full.poll(); piece != null; piece = full.poll()) {
        free.offer(piece.buffer);
      }
      Thread.currentThread().interrupt();
    }
  }

  /** A failure is for the one who brings the bytes, and does not keep him waiting. */
  private void write(Sink sink, Piece piece) {
    try {
      sink.write(piece.buffer, piece.length);
    } catch (IOException | RuntimeException | Error e) {
      failure = e;
    }
  }

  /** An empty buffer, as soon as there is one; throws what writing failed with. */
  byte[] buffer() throws IOException {
    try {
      var buffer = free.take();
      check();
      return buffer;
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  /** Writes the first bytes of a buffer, soon. */
  void write(byte[] buffer, int length) throws IOException {
    try {
      full.put(new Piece(buffer, length));
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  /** Returns when all is written; throws what writing failed with. */
  void finish() throws IOException {
    close();
    check();
  }

  private void check() throws IOException {
    var e = failure;
    if (e instanceof IOException known) {
      throw known;
    }
    if (e != null) {
      throw new IOException("writing failed", e);
    }
  }

  private static IOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted");
  }

  /** Returns when nothing is being written any more. */
  @Override
  public void close() {
    if (!ended) {
      ended = true;
      // There is always room for it.
      full.add(END);
      writer.join();
    }
  }
}
