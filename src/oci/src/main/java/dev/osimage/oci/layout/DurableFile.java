package dev.osimage.oci.layout;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * A file that appears under its name whole or not at all, also when the machine stops. Until then
 * it is a {@code .osimage-part-<uuid>} in the same folder, locked by its writer: one that is not
 * locked is the rest of a writer that died.
 */
final class DurableFile extends OutputStream {

  private static final Pattern PART =
      Pattern.compile("\\.osimage-part-[0-9a-f]{8}(-[0-9a-f]{4}){3}-.{12}");

  /**
   * What this process is writing. The locks of files do not tell its own threads apart, and looking
   * at a file would even give up the lock (POSIX: with the first descriptor that is closed).
   */
  private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final Path part;
  private final FileChannel channel;
  private boolean open = true;

  private DurableFile(Path folder, Path part, FileChannel channel) {
    this.folder = folder;
    this.part = part;
    this.channel = channel;
  }

  /** Begins a file in a folder that exists. */
  static DurableFile in(Path folder) throws IOException {
    var real = folder.toRealPath();
    while (true) {
      var part = real.resolve(".osimage-part-" + UUID.randomUUID());
      OURS.add(part);
      FileChannel channel = null;
      boolean locked = false;
      try {
        channel = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        // Another process may have taken it for a leftover before it was locked.
        locked = channel.tryLock() != null && Files.exists(part, LinkOption.NOFOLLOW_LINKS);
        if (locked) {
          return new DurableFile(real, part, channel);
        }
      } finally {
        if (!locked) {
          OURS.remove(part);
          if (channel != null) {
            channel.close();
            Files.deleteIfExists(part);
          }
        }
      }
    }
  }

  /** Writes a small file. */
  static void write(Path folder, String name, byte[] bytes) throws IOException {
    try (var file = in(folder)) {
      file.write(bytes, 0, bytes.length);
      file.commit(name);
    }
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    var buffer = ByteBuffer.wrap(bytes, offset, length);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /** Gives the file its name, in place of one that has it; it is on the disk afterwards. */
  void commit(String name) throws IOException {
    channel.force(true);
    Files.move(part, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    close();
    try (var directory = FileChannel.open(folder, StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  /** Ends it; nothing is left unless it was committed. */
  @Override
  public void close() throws IOException {
    if (open) {
      open = false;
      try {
        Files.deleteIfExists(part);
        channel.close();
      } finally {
        OURS.remove(part);
      }
    }
  }

  /** Whether a file name is one that only unfinished files have. */
  static boolean isPart(Path file) {
    return PART.matcher(file.getFileName().toString()).matches();
  }

  /** Deletes what writers that died have left in a folder. */
  static void sweep(Path folder) throws IOException {
    try (var parts = Files.newDirectoryStream(folder.toRealPath(), DurableFile::isPart)) {
      for (var part : parts) {
        if (!OURS.contains(part) && Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS)) {
          deleteUnlessLocked(part);
        }
      }
    }
  }

  private static void deleteUnlessLocked(Path part) throws IOException {
    try (var channel = FileChannel.open(part, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock != null) {
        Files.deleteIfExists(part);
      }
    } catch (NoSuchFileException e) {
      // Its writer has finished meanwhile, or another one swept.
    }
  }
}
