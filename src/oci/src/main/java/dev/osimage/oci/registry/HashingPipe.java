package dev.osimage.oci.registry;

import dev.osimage.oci.Digest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.security.MessageDigest;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The content of a blob on its way to a registry: read once, and hashed by a thread of its own
 * while the same bytes are sent. It tells a failure of the content from a failure of the
 * connection, which the HTTP library can't.
 */
final class HashingPipe implements AutoCloseable {

  private static final int BUFFER = 256 * 1024;
  private static final int BUFFERS = 4;

  private final InputStream content;
  private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(BUFFERS);
  private final BlockingQueue<Piece> full = new ArrayBlockingQueue<>(BUFFERS + 1);
  private final MessageDigest hash = Digest.sha256();
  private final Thread hasher;
  private @Nullable IOException readFailure;
  private @Nullable RuntimeException sourceFailure;
  private long bytes;
  private boolean ended;

  /** The first bytes of a buffer; none of them at the end. */
  private static final class Piece {

    private final byte[] buffer;
    private final int length;

    Piece(byte[] buffer, int length) {
      this.buffer = buffer;
      this.length = length;
    }
  }

  HashingPipe(InputStream content) {
    this.content = content;
    for (int i = 0; i < BUFFERS; i++) {
      free.add(new byte[BUFFER]);
    }
    hasher = Thread.ofPlatform().daemon().name("hash").start(this::hash);
  }

  /** Takes bytes and does something with them before it returns. */
  interface Sink {
    void write(byte[] buffer, int length) throws IOException;
  }

  private void hash() {
    try {
      for (var piece = full.take(); piece.length > 0; piece = full.take()) {
        hash.update(piece.buffer, 0, piece.length);
        free.add(piece.buffer);
      }
    } catch (InterruptedException e) {
      // The body was closed before its end: nobody wants its digest.
    }
  }

  /**
   * Passes at most {@code limit} bytes on, and returns how many; fewer only at the end of the
   * content.
   */
  long copy(long limit, Sink sink) throws IOException {
    long copied = 0;
    try {
      while (copied < limit) {
        var buffer = free.take();
        int read = read(buffer, (int) Math.min(buffer.length, limit - copied));
        if (read == 0) {
          ended = true;
          free.add(buffer);
          break;
        }
        // While this piece is hashed, the next one is read and sent.
        sink.write(buffer, read);
        full.add(new Piece(buffer, read));
        copied += read;
        bytes += read;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
    return copied;
  }

  private int read(byte[] buffer, int limit) throws IOException {
    try {
      return content.readNBytes(buffer, 0, limit);
    } catch (IOException e) {
      readFailure = e;
      throw e;
    } catch (RuntimeException e) {
      // Content may come from another registry, whose failures look like this one's.
      sourceFailure = e;
      throw e;
    }
  }

  /** Fails when the content goes on after all that was passed on. */
  void expectEnd() throws IOException {
    if (read(new byte[1], 1) > 0) {
      readFailure = new IOException("the content goes on after the %d bytes said".formatted(bytes));
      throw readFailure;
    }
  }

  /** The content is shorter than was said. */
  IOException ended(long expected) {
    readFailure =
        new EOFException("the content ended after %d of %d bytes".formatted(bytes, expected));
    return readFailure;
  }

  /** Throws what reading the content failed with, if it did. */
  void throwReadFailure() throws IOException {
    if (readFailure != null) {
      throw readFailure;
    }
    if (sourceFailure != null) {
      throw sourceFailure;
    }
  }

  /** Whether it is the content that could not be read. */
  boolean isReadFailure(IOException failure) {
    return failure.equals(readFailure);
  }

  /** Whether all of the content was passed on. */
  boolean ended() throws IOException {
    return ended || read(new byte[1], 1) == 0;
  }

  /** How many bytes were passed on. */
  long bytes() {
    return bytes;
  }

  /** The digest of all that was passed on; once, at the end. */
  Digest digest() {
    full.add(new Piece(new byte[0], 0));
    try {
      hasher.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    return Digest.finish(hash);
  }

  @Override
  public void close() {
    hasher.interrupt();
  }
}
