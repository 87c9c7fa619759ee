package dev.osimage.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the project's own files are. */
public final class Project {

  private static final Path ROOT = root();

  private Project() {}

  /** A file of the checkout. */
  public static Path file(String path) {
    return ROOT.resolve(path);
  }

  /** The container image of this checkout. */
  static Path image() {
    return file("target/osimage-operator.tar");
  }

  /** Digest of that image's manifest. */
  static String imageDigest() {
    try {
      return Files.readString(file("target/osimage-operator.digest")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("no container image: make image", e);
    }
  }

  /**
   * A program as a process is started with it: the one that {@code e2e/local/tools.sh} built, or
   * else the one in PATH.
   */
  public static String program(String name) {
    return isBuilt(name) ? tools().resolve(name).toString() : name;
  }

  /** Whether {@code e2e/local/tools.sh} built this program. */
  public static boolean isBuilt(String program) {
    return Files.isExecutable(tools().resolve(program));
  }

  /** Folder of the programs that {@code e2e/local/tools.sh} built. */
  static Path tools() {
    return cache().resolve("bin");
  }

  private static Path cache() {
    var cache = System.getenv("OSIMAGE_CACHE");
    if (cache != null) {
      return Path.of(cache);
    }
    var caches = System.getenv("XDG_CACHE_HOME");
    var home = caches != null ? Path.of(caches) : Path.of(System.getenv("HOME"), ".cache");
    return home.resolve("osimage-operator");
  }

  private static Path root() {
    var folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("e2e/local/cluster.sh"))) {
      var parent = folder.getParent();
      if (parent == null) {
        throw new IllegalStateException("run this inside a checkout of the project");
      }
      folder = parent;
    }
    return folder;
  }
}
