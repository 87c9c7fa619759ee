package dev.osimage.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folder in which everything happens, on a disk, with everything deleted at its end. Programs
 * run in it, so that every path is relative.
 */
final class Workplace implements AutoCloseable {

  /** What the largest row takes: a file of 4 GiB, as a source and in a registry. */
  private static final double NEEDED_GIB = 10;

  private static final double GIB = 1L << 30;
  private static final double KIB_PER_MIB = 1024;
  private static final double NANOS = 1e9;
  private static final int SHOWN = 2000;
  private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs");

  private final Path folder;

  private Workplace(Path folder) {
    this.folder = folder;
  }

  /** Makes the folder in {@code parent}; refuses where sizes scaled by {@code scale} don't fit. */
  static Workplace in(Path parent, double scale) throws IOException {
    Files.createDirectories(parent);
    var disk = Files.getFileStore(parent);
    if (IN_MEMORY.contains(disk.type())) {
      throw new BenchException(
          parent + " is kept in memory; name a folder on a disk in BENCH_WORK");
    }
    double free = disk.getUsableSpace() / GIB;
    if (free < NEEDED_GIB * scale) {
      throw new BenchException(
          "%.1f GiB are free in %s and %.1f needed; name another folder in BENCH_WORK"
              .formatted(free, parent, NEEDED_GIB * scale));
    }
    var place = new Workplace(Files.createTempDirectory(parent, "work-").toRealPath());
    Files.createDirectory(place.path("home"));
    return place;
  }

  /** A file or folder of it. */
  Path path(String name) {
    return folder.resolve(name);
  }

  /** The folder itself. */
  Path folder() {
    return folder;
  }

  /** An empty folder of this name. */
  Path emptied(String name) throws IOException {
    delete(name);
    return Files.createDirectories(path(name));
  }

  /** Deletes a file or folder, if it is there. */
  void delete(String name) throws IOException {
    deleteAll(path(name));
  }

  private static void deleteAll(Path top) throws IOException {
    if (Files.exists(top)) {
      List<Path> all;
      try (Stream<Path> files = Files.walk(top)) {
        all = files.sorted(Comparator.reverseOrder()).toList();
      }
      for (var file : all) {
        Files.delete(file);
      }
    }
  }

  /** Starts a program; what it says goes into {@code log}. */
  Process start(String log, List<String> words) throws IOException {
    return builder(words, path(log)).start();
  }

  /** A program in this folder, with an environment of its own but for PATH. */
  ProcessBuilder builder(List<String> words, Path log) {
    var builder =
        new ProcessBuilder(words)
            .directory(folder.toFile())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    var environment = builder.environment();
    var path = environment.get("PATH");
    environment.clear();
    environment.put("PATH", path);
    environment.put("HOME", path("home").toString());
    environment.put("LANG", "C.UTF-8");
    // distribution 3 would look for a collector of traces.
    environment.put("OTEL_TRACES_EXPORTER", "none");
    return builder;
  }

  /** Runs a command that is no part of what is measured. */
  void run(Command command) throws IOException {
    await(List.of("bash", "-o", "pipefail", "-c", command.script("")), command, "untimed.log");
  }

  /** What a program says in one go, for short texts such as versions. */
  String output(String... words) throws IOException {
    await(List.of(words), Command.of(words), "output.log");
    return Files.readString(path("output.log"));
  }

  /** Runs a command and measures it; the folder {@code run} must be there. */
  Usage time(Command command) throws IOException {
    var words = new ArrayList<>(List.of("/usr/bin/time", "-q", "-f", "%U %S", "-o", "run/cpu"));
    // Each program once more by itself: the peak of a shell is that of its largest child.
    var script = command.script("/usr/bin/time -q -f %M -a -o run/peak.%d ");
    words.addAll(List.of("bash", "-o", "pipefail", "-c", script));
    long start = System.nanoTime();
    await(words, command, "run/log");
    double wall = (System.nanoTime() - start) / NANOS;
    var cpu = Files.readString(path("run/cpu")).strip().split(" ", -1);
    return new Usage(
        wall, Double.parseDouble(cpu[0]), Double.parseDouble(cpu[1]), peakMib(command));
  }

  private double peakMib(Command command) throws IOException {
    double peak = 0;
    for (int i = 0; i < command.pipes().size(); i++) {
      double together = 0;
      for (var line : Files.readAllLines(path("run/peak." + i))) {
        together += Double.parseDouble(line) / KIB_PER_MIB;
      }
      peak = Math.max(peak, together);
    }
    return peak;
  }

  private void await(List<String> words, Command shown, String log) throws IOException {
    var process = builder(words, path(log)).start();
    try {
      int status = process.waitFor();
      if (status != 0) {
        var said = Files.readString(path(log), StandardCharsets.UTF_8);
        throw new BenchException(
            "'%s' ended with %d:%n%s"
                .formatted(
                    shown, status, said.substring(Math.max(0, said.length() - SHOWN)).strip()));
      }
    } catch (InterruptedException e) {
      process.destroy();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws IOException {
    deleteAll(folder);
  }
}
