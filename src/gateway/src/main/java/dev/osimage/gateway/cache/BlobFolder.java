package dev.osimage.gateway.cache;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a cache: {@code sha256/<hex>} is complete, {@code part/<uuid>} is on its way or
 * goes. The time of a file is when it was asked for last. Files are written in pieces of 32 KiB:
 * with larger ones, the kernel takes twice the time for fresh pages.
 */
final class BlobFolder {

  private static final Logger LOG = LoggerFactory.getLogger(BlobFolder.class);
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
  private static final String MEDIA_TYPE = "application/octet-stream";
  private static final int BUFFER = 256 * 1024;
  private static final int PIECE = 32 * 1024;

  /** A source that gives less than {@link #LEAST} in this time is as good as gone. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static final long LEAST = 1024L * 1024;

  private final Path blobs;
  private final Path parts;

  /** Nobody else uses the folder while this is open. */
  private final FileLock lock;

  private final Executor executor;

  private BlobFolder(Path blobs, Path parts, FileLock lock, Executor executor) {
    this.executor = executor;
    this.blobs = blobs;
    this.parts = parts;
    this.lock = lock;
  }

  /** The folder, without what an earlier process has not finished. */
  static BlobFolder open(Path folder, Executor executor) throws IOException {
    var blobs = Files.createDirectories(folder.resolve("sha256"));
    var parts = Files.createDirectories(folder.resolve("part"));
    var lock = lock(folder);
    try (var left = Files.list(parts)) {
      for (var part : left.toList()) {
        Files.delete(part);
      }
    }
    return new BlobFolder(blobs, parts, lock, executor);
  }

  private static FileLock lock(Path folder) throws IOException {
    var channel =
        FileChannel.open(
            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    var lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      throw new IOException(folder + " is the cache of another gateway: each needs its own");
    }
    return lock;
  }

  /** What the disk has left, in bytes. */
  long usableSpace() {
    return blobs.toFile().getUsableSpace();
  }

  /** What is there, the one that was not asked for longest first. */
  List<Descriptor> blobs() throws IOException {
    record Found(Descriptor descriptor, FileTime asked) {}
    var found = new ArrayList<Found>();
    try (var files = Files.list(blobs)) {
      for (var file : files.toList()) {
        var name = file.getFileName().toString();
        if (HEX.matcher(name).matches()) {
          var descriptor =
              new Descriptor(MEDIA_TYPE, Digest.parse("sha256:" + name), Files.size(file));
          found.add(new Found(descriptor, Files.getLastModifiedTime(file)));
        }
      }
    }
    found.sort(Comparator.comparing(Found::asked));
    return found.stream().map(Found::descriptor).toList();
  }

  /** A complete blob. */
  FileChannel read(Descriptor descriptor) throws IOException {
    var file = file(descriptor.digest());
    var channel = FileChannel.open(file, StandardOpenOption.READ);
    if (channel.size() != descriptor.size()) {
      channel.close();
      throw new IOException("%s has %d bytes".formatted(file, Files.size(file)));
    }
    Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    return channel;
  }

  /** Whether a complete blob has the right bytes. */
  boolean isRight(Descriptor descriptor) {
    try (var channel = FileChannel.open(file(descriptor.digest()), StandardOpenOption.READ)) {
      return channel.size() == descriptor.size() && digest(channel).equals(descriptor.digest());
    } catch (IOException e) {
      return false;
    }
  }

  /** At once from its name, and a moment later from the disk, which takes time. */
  void delete(Digest digest) {
    putAside(digest).ifPresent(gone -> executor.execute(() -> delete(gone)));
  }

  /** Takes its name from a blob; the file that is left is for {@link #delete(Path)}. */
  Optional<Path> putAside(Digest digest) {
    var file = file(digest);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          Files.move(
              file, parts.resolve(UUID.randomUUID().toString()), StandardCopyOption.ATOMIC_MOVE));
    } catch (IOException e) {
      LOG.warn("{} can't be deleted: {}", digest, e.getMessage());
      return Optional.empty();
    }
  }

  /** The bytes of what was put aside; none of what is not there. */
  static long size(Path gone) {
    return gone.toFile().length();
  }

  /** Deletes what was put aside; its room on the disk is free then. */
  static void delete(Path gone) {
    try {
      Files.deleteIfExists(gone);
    } catch (IOException e) {
      LOG.warn("{} can't be deleted: {}", gone, e.getMessage());
    }
  }

  /** Gives the folder up. */
  void close() throws IOException {
    lock.acquiredBy().close();
  }

  /** Sees to it that there is room for a blob. */
  interface Room {

    /**
     * Makes room for so many bytes.
     *
     * @param isFull the disk has just refused to take any
     * @throws CacheFullException if there can't be room
     */
    void make(long bytes, boolean isFull) throws CacheFullException;
  }

  /** Makes a blob complete, from the file of an earlier process or from its source. */
  void fill(Blob blob, BlobSource source, Room room, CacheListener listener) throws IOException {
    var descriptor = blob.descriptor();
    if (Files.exists(file(descriptor.digest()))) {
      if (isRight(descriptor)) {
        blob.openedAs(read(descriptor));
        return;
      }
      LOG.warn("{} was damaged on disk", descriptor.digest());
      listener.damaged();
      delete(descriptor.digest());
    }
    listener.fetching();
    fetch(blob, source, room, listener);
  }

  private void fetch(Blob blob, BlobSource source, Room room, CacheListener listener)
      throws IOException {
    var part = parts.resolve(UUID.randomUUID().toString());
    try (var content = source.open(blob.descriptor())) {
      // Others go only for what really comes.
      room.make(blob.descriptor().size(), false);
      var channel =
          FullDisk.told(() ->
              FileChannel.open(
                  part,
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE));
      // Those who hold the blob read from it, also after a failure.
      blob.openedAs(channel);
      copy(content, channel, blob, room, listener);
      FullDisk.told(() -> {
        channel.force(true);
        Files.move(part, file(blob.descriptor().digest()), StandardCopyOption.ATOMIC_MOVE);
        sync(blobs);
        return part;
      });
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private void copy(
      InputStream content, FileChannel channel, Blob blob, Room room, CacheListener listener)
      throws IOException {
    long size = blob.descriptor().size();
    var written = new AtomicLong();
    try (var writer =
        new WriteBehind(
            BUFFER,
            (bytes, length) -> {
              for (int from = 0; from < length; from += PIECE) {
                var piece = ByteBuffer.wrap(bytes, from, Math.min(PIECE, length - from));
                write(piece, channel, size - written.get() - from, room);
              }
              blob.grownTo(written.addAndGet(length));
            },
            executor)) {
      var pace = new Pace();
      for (int count = -1; count != 0; ) {
        var buffer = writer.buffer();
        count = fill(buffer, content, pace);
        writer.write(buffer, count);
        listener.fetched(count);
      }
      writer.finish();
    }
  }

  /** Fills a buffer; returns how much of it, which is less at the end only. */
  private static int fill(byte[] buffer, InputStream content, Pace pace) throws IOException {
    int count = 0;
    while (count < buffer.length) {
      int read = content.read(buffer, count, buffer.length - count);
      if (read < 0) {
        break;
      }
      count += read;
      pace.passed(read);
    }
    return count;
  }

  /** Sees to it that a source does not give {@link #LEAST} in more time than {@link #PATIENCE}. */
  private static final class Pace {

    private long since = System.nanoTime();
    private long bytes;

    void passed(int more) throws IOException {
      bytes += more;
      long now = System.nanoTime();
      if (now - since > PATIENCE.toNanos()) {
        throw new IOException("the registry gives less than 1 MiB a minute");
      }
      if (bytes >= LEAST) {
        bytes = 0;
        since = now;
      }
    }
  }

  /** Writes all of it; where the disk has become full, others go for what is {@code left}. */
  private static void write(ByteBuffer buffer, FileChannel channel, long left, Room room)
      throws IOException {
    while (buffer.hasRemaining()) {
      try {
        channel.write(buffer);
      } catch (IOException e) {
        if (!FullDisk.isMeantBy(e)) {
          throw e;
        }
        room.make(left, true);
      }
    }
  }

  private static void sync(Path folder) throws IOException {
    try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static Digest digest(FileChannel channel) throws IOException {
    var sha256 = Digest.sha256();
    var bytes = ByteBuffer.allocate(BUFFER);
    while (channel.read(bytes.clear()) >= 0) {
      sha256.update(bytes.flip());
    }
    return Digest.finish(sha256);
  }

  private Path file(Digest digest) {
    return blobs.resolve(digest.hex());
  }
}
