package dev.osimage.gateway;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A file system of its own, so small that it becomes full. */
public final class SmallDisk implements AutoCloseable {

  private final Path folder;

  private SmallDisk(Path folder) {
    this.folder = folder;
  }

  /** Skips the test where nothing may be mounted, which root may unless somebody took it away. */
  public static SmallDisk mount(Path folder, int mebibytes) throws IOException {
    var said = run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", "" + folder);
    Assumptions.assumeFalse(
        said.contains("permission denied") || said.contains("must be superuser"),
        () -> "NOT PROVEN: here nobody may mount a small file system: " + said);
    if (!said.isEmpty()) {
      throw new IOException(said);
    }
    return new SmallDisk(folder);
  }

  /** Where it is. */
  public Path folder() {
    return folder;
  }

  /** Somebody else takes all of it but so many bytes. */
  public void fill(long left) {
    try (var file = Files.newOutputStream(folder.resolve("filler"))) {
      var bytes = new byte[4096];
      while (folder.toFile().getUsableSpace() - left >= bytes.length) {
        file.write(bytes);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** He gives it back. */
  public void free() throws IOException {
    Files.delete(folder.resolve("filler"));
  }

  @Override
  public void close() throws IOException {
    var said = run("umount", "--lazy", folder.toString());
    if (!said.isEmpty()) {
      throw new IOException(said);
    }
  }

  /** What it says, where it should say nothing. */
  private static String run(String... command) throws IOException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    int code = process.onExit().join().exitValue();
    return code != 0 && said.isEmpty() ? command[0] + " ends with " + code : said;
  }
}
