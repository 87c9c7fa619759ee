package dev.osimage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Our programs, started as in the container image: with the arguments of {@code java.args}, a class
 * archive made of {@code image.classlist} by {@code -Xshare:dump}, and the memory that a builder
 * pod has. The runtime is this JDK instead of one that {@code jlink} made.
 */
final class Java {

  /** What the chart gives to a builder pod ({@code builder.resources.limits.memory}). */
  static final String POD_MEMORY = "-XX:MaxRAM=256m";

  private static final Path CONTAINER = Path.of("src/container");
  private static final Path BUILT = Path.of("bench/target");

  private Java() {}

  /** Brings everything into the folder {@code app} of a workplace. */
  static void install(Workplace place) throws IOException {
    var lib = Files.createDirectories(place.path("app/lib"));
    var jars = new ArrayList<String>();
    try (var files = Files.newDirectoryStream(BUILT.resolve("lib"), "*.jar")) {
      for (var jar : files) {
        copy(jar, lib.resolve(jar.getFileName()));
        jars.add("app/lib/" + jar.getFileName());
      }
    }
    jars.sort(null);
    try (var files = Files.newDirectoryStream(BUILT, "osimage-bench-*.jar")) {
      files.forEach(jar -> copy(jar, place.path("app/bench.jar")));
    }
    copy(CONTAINER.resolve("logback.xml"), place.path("app/logback.xml"));
    copy(CONTAINER.resolve("image.classlist"), place.path("app/image.classlist"));
    var classPath = String.join(":", jars);
    var arguments = new ArrayList<String>();
    for (var argument : Files.readAllLines(CONTAINER.resolve("java.args"))) {
      arguments.add(argument.replace("/app/", "app/"));
    }
    arguments.add(POD_MEMORY);
    write(place, "app/java.args", arguments, classPath);
    // A class path that only begins like that of the archive may use it too.
    write(place, "app/bench.args", arguments, classPath + ":app/bench.jar");
    dump(place, arguments, classPath);
  }

  private static void copy(Path from, Path to) {
    try {
      Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new BenchException(from + " is missing: run 'make bench'");
    }
  }

  private static void write(Workplace place, String file, List<String> arguments, String classPath)
      throws IOException {
    Files.writeString(
        place.path(file), String.join("\n", arguments) + "\n-cp\n" + classPath + "\n");
  }

  private static void dump(Workplace place, List<String> arguments, String classPath)
      throws IOException {
    var others =
        arguments.stream()
            .filter(argument ->
                !argument.startsWith("-XX:SharedArchiveFile=") && !argument.equals(POD_MEMORY))
            .collect(Collectors.toCollection(ArrayList::new));
    write(place, "app/dump.args", others, classPath);
    place.run(
        Command.of(
            "java",
            "-Xshare:dump",
            "-Xmx256m",
            "-XX:SharedClassListFile=app/image.classlist",
            "-XX:SharedArchiveFile=app/classes.jsa",
            "@app/dump.args"));
    // Without this, an archive that does not fit would silently not be used.
    place.run(Command.of("java", "-Xshare:on", "@app/java.args", "-version"));
    place.run(Command.of("java", "-Xshare:on", "@app/bench.args", "-version"));
  }

  /** The builder, with these arguments. */
  static Command builder(String... arguments) {
    return command("app/java.args", "dev.osimage.builder.Main", arguments);
  }

  /** A program of the package {@code work}. */
  static Command work(Class<?> program, String... arguments) {
    return command("app/bench.args", program.getName(), arguments);
  }

  private static Command command(String options, String program, String... arguments) {
    // The variable is one that the container image sets.
    var words =
        new ArrayList<>(List.of("env", "MALLOC_ARENA_MAX=2", "java", "@" + options, program));
    words.addAll(List.of(arguments));
    return Command.of(words.toArray(String[]::new));
  }
}
