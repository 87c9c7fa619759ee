package dev.osimage.oci.registry;

import dev.osimage.oci.Digest;
import dev.osimage.oci.Repository;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets one writer at a time change the referrers of a subject: one thread of this process, and,
 * where the machine has a folder for temporary files, one process of this user.
 */
final class SubjectLock implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final String TOO_LONG =
      "somebody else on this machine has been adding referrers in %s for more than a minute; try again";

  private static final Map<String, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

  private final ReentrantLock threads;
  private final @Nullable FileChannel processes;

  private SubjectLock(ReentrantLock threads, @Nullable FileChannel processes) {
    this.threads = threads;
    this.processes = processes;
  }

  static SubjectLock take(Repository repository, Digest subject) {
    var name = Digest.of((repository + "@" + subject).getBytes(StandardCharsets.UTF_8)).hex();
    var threads = LOCKS.computeIfAbsent(name, any -> new ReentrantLock(true));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      if (!threads.tryLock(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new IllegalStateException(TOO_LONG.formatted(repository));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    try {
      return new SubjectLock(threads, lockFile(name, repository, deadline));
    } catch (RuntimeException e) {
      threads.unlock();
      throw e;
    }
  }

  private static @Nullable FileChannel lockFile(String name, Repository repository, long deadline) {
    try {
      var folder = Path.of(System.getProperty("java.io.tmpdir"), "osimage-" + user());
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      var channel =
          FileChannel.open(
              folder.resolve("referrers-" + name.substring(0, 16) + ".lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              LinkOption.NOFOLLOW_LINKS);
      while (channel.tryLock() == null) {
        if (System.nanoTime() > deadline) {
          channel.close();
          throw new IllegalStateException(TOO_LONG.formatted(repository));
        }
        Thread.sleep(POLL);
      }
      return channel;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (IOException | UnsupportedOperationException e) {
      // A container with a read-only root file system has no second process either.
      return null;
    }
  }

  private static String user() {
    return System.getProperty("user.name", "").replaceAll("[^A-Za-z0-9_-]", "_");
  }

  @Override
  public void close() {
    try {
      if (processes != null) {
        processes.close();
      }
    } catch (IOException e) {
      // The lock ends with the process.
    } finally {
      threads.unlock();
    }
  }
}
