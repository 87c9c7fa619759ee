package dev.osimage.oci.registry;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.registry.RegistryConnection.Way;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Fetches one big blob by several requests at once, each for another range, and hashes the file
 * behind them in order.
 */
final class RangedPull {

  private static final int AT_ONCE = 3;

  /** Bigger writes are slower: Linux then looks for as much memory in one piece. */
  private static final int BUFFER = 32 * 1024;

  private final RegistryConnection registry;
  private final Descriptor blob;
  private final FileChannel file;
  private final int range;
  private final List<CompletableFuture<Void>> ranges = new ArrayList<>();
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicBoolean unsupported = new AtomicBoolean();

  /** Linux lets one write to a file at a time, and the others spin for it. */
  private final Lock writing = new ReentrantLock();

  RangedPull(RegistryConnection registry, Descriptor blob, FileChannel file, int range) {
    this.registry = registry;
    this.blob = blob;
    this.file = file;
    this.range = range;
    for (long start = 0; start < blob.size(); start += range) {
      ranges.add(new CompletableFuture<>());
    }
  }

  /**
   * The digest of the file; empty when the registry serves no ranges: the file is of no use then.
   */
  Optional<Digest> run() throws IOException {
    var workers = new ArrayList<Thread>();
    for (int i = 0; i < AT_ONCE; i++) {
      workers.add(Thread.ofPlatform().daemon().name("range").start(this::work));
    }
    try {
      return Optional.of(hash());
    } catch (CompletionException e) {
      if (unsupported.get()) {
        return Optional.empty();
      }
      switch (e.getCause()) {
        case IOException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case null, default -> throw e;
      }
    } finally {
      next.set(ranges.size());
      workers.forEach(Thread::interrupt);
      registry.http().cancel(request -> equals(request.tag(RangedPull.class)));
      for (var worker : workers) {
        join(worker);
      }
    }
  }

  private static void join(Thread worker) {
    try {
      worker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Digest hash() throws IOException {
    var hash = Digest.sha256();
    var buffer = ByteBuffer.allocate(BUFFER);
    long position = 0;
    while (position < blob.size()) {
      await(ranges.get((int) (position / range)));
      buffer
          .clear()
          .limit(
              (int) Math.min(BUFFER, Math.min(range - position % range, blob.size() - position)));
      int read = file.read(buffer, position);
      hash.update(buffer.flip());
      position += read;
    }
    return Digest.finish(hash);
  }

  private static void await(CompletableFuture<Void> range) throws IOException {
    try {
      range.get();
    } catch (ExecutionException e) {
      throw new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  private void work() {
    for (int number = next.getAndIncrement();
        number < ranges.size();
        number = next.getAndIncrement()) {
      try {
        fetch((long) number * range);
        ranges.get(number).complete(null);
      } catch (IOException | RuntimeException | Error e) {
        // Whatever it is, somebody waits for this range.
        ranges.get(number).completeExceptionally(e);
        return;
      }
    }
  }

  private void fetch(long start) throws IOException {
    long end = Math.min(start + range, blob.size());
    var doing = "reading blob " + blob.digest();
    var position = new long[] {start};
    try (var permit = registry.http().transfers().take(registry.host())) {
      registry.retrying(number -> {
        assert permit != null;
        try (var response = get(position[0], end, doing)) {
          write(response, position, end);
        } catch (IOException e) {
          throw RegistryFailure.of(registry.base(), doing, e);
        }
        return end;
      });
    }
  }

  private Response get(long start, long end, String doing) {
    var request =
        new Request.Builder()
            .url(registry.url("blobs", blob.digest().toString()))
            .header("Range", "bytes=%d-%d".formatted(start, end - 1))
            .tag(RangedPull.class, this)
            .build();
    var response = registry.send(request, Way.FOLLOW, registry.pull(), doing);
    if (response.code() == 200) {
      unsupported.set(true);
      response.close();
      throw registry.protocol(doing, "the whole blob instead of a range");
    }
    registry.expect(response, doing, Set.of(206));
    var found = response.header("Content-Range", "");
    if (found == null || !found.startsWith("bytes " + start + "-" + (end - 1) + "/")) {
      unsupported.set(true);
      response.close();
      throw registry.protocol(doing, "another range than was asked for");
    }
    return response;
  }

  /** Moves {@code position} along, so that a next try begins where this one was cut. */
  private void write(Response response, long[] position, long end) throws IOException {
    var content = response.body().byteStream();
    var buffer = new byte[BUFFER];
    while (position[0] < end) {
      // Whole pages: of one that is written in pieces, Linux clears the rest first.
      int wanted = (int) Math.min(buffer.length, end - position[0]);
      int read = 0;
      try {
        while (read < wanted) {
          int more = content.read(buffer, read, wanted - read);
          if (more < 0) {
            throw new EOFException("the answer was cut");
          }
          read += more;
        }
      } finally {
        store(ByteBuffer.wrap(buffer, 0, read), position);
      }
    }
  }

  private void store(ByteBuffer bytes, long[] position) throws IOException {
    writing.lock();
    try {
      while (bytes.hasRemaining()) {
        position[0] += file.write(bytes, position[0]);
      }
    } finally {
      writing.unlock();
    }
  }
}
