package dev.osimage.gateway.cache;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a cache: {@code sha256/<hex>} is complete, {@code part/<uuid>} is on its way. The
 * time of a file is when it was asked for last.
 */
final class BlobFolder {

  private static final Logger LOG = LoggerFactory.getLogger(BlobFolder.class);
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
  private static final String MEDIA_TYPE = "application/octet-stream";
  private static final int BUFFER = 256 * 1024;

  private final Path blobs;
  private final Path parts;

  private BlobFolder(Path blobs, Path parts) {
    this.blobs = blobs;
    this.parts = parts;
  }

  /** The folder, without what an earlier process has not finished. */
  static BlobFolder open(Path folder) throws IOException {
    var blobs = Files.createDirectories(folder.resolve("sha256"));
    var parts = Files.createDirectories(folder.resolve("part"));
    try (var left = Files.list(parts)) {
      for (var part : left.toList()) {
        Files.delete(part);
      }
    }
    return new BlobFolder(blobs, parts);
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

  void delete(Digest digest) {
    try {
      Files.deleteIfExists(file(digest));
    } catch (IOException e) {
      LOG.warn("{} can't be deleted: {}", digest, e.getMessage());
    }
  }

  /** Makes a blob complete, from the file of an earlier process or from its source. */
  void fill(Blob blob, BlobSource source, CacheListener listener) throws IOException {
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
    fetch(blob, source, listener);
  }

  private void fetch(Blob blob, BlobSource source, CacheListener listener) throws IOException {
    var part = parts.resolve(UUID.randomUUID().toString());
    try (var content = source.open(blob.descriptor())) {
      var channel =
          FileChannel.open(
              part,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      // Those who hold the blob read from it, also after a failure.
      blob.openedAs(channel);
      copy(content, channel, blob, listener);
      channel.force(true);
      Files.move(part, file(blob.descriptor().digest()), StandardCopyOption.ATOMIC_MOVE);
      sync(blobs);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static void copy(
      InputStream content, FileChannel channel, Blob blob, CacheListener listener)
      throws IOException {
    var bytes = new byte[BUFFER];
    long position = 0;
    for (int count; (count = content.readNBytes(bytes, 0, bytes.length)) > 0; ) {
      var buffer = ByteBuffer.wrap(bytes, 0, count);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      position += count;
      listener.fetched(count);
      blob.grownTo(position);
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
