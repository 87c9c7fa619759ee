package dev.osimage.gateway.cache;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.content.VerifyingStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** A source that gives its bytes as it is let. */
final class TestSource implements BlobSource {

  private final byte[] content;
  private final Semaphore allowed = new Semaphore(0);
  private final AtomicInteger fetches = new AtomicInteger();

  private TestSource(byte[] content) {
    this.content = content;
  }

  /** Gives all of it at once. */
  static TestSource of(byte[] content) {
    var source = held(content);
    source.give(content.length);
    return source;
  }

  /** Gives nothing until it is let. */
  static TestSource held(byte[] content) {
    return new TestSource(content);
  }

  static byte[] bytes(int seed, int size) {
    var bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  static Descriptor descriptor(byte[] content) {
    return new Descriptor("application/octet-stream", Digest.of(content), content.length);
  }

  /** All of a blob, once it is there. */
  static byte[] read(Blob blob) throws Exception {
    blob.awaitEnd();
    if (blob.failure().isPresent()) {
      throw blob.failure().get();
    }
    var bytes = ByteBuffer.allocate((int) blob.available());
    while (bytes.hasRemaining() && blob.channel().read(bytes, bytes.position()) > 0) {
      // Until all of it is there.
    }
    return bytes.array();
  }

  void give(int bytes) {
    allowed.release(bytes);
  }

  int fetches() {
    return fetches.get();
  }

  @Override
  public InputStream open(Descriptor blob) throws IOException {
    fetches.incrementAndGet();
    var gated =
        new ByteArrayInputStream(content) {
          @Override
          public synchronized int read(byte[] buffer, int offset, int length) {
            int wanted = Math.min(length, Math.min(available(), 4096));
            if (wanted > 0) {
              allowed.acquireUninterruptibly(wanted);
            }
            return super.read(buffer, offset, wanted == 0 ? length : wanted);
          }
        };
    return new VerifyingStream(gated, blob, "test");
  }
}
