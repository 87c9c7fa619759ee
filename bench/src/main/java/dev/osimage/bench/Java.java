package dev.osimage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Our programs, started as in the container image: with the arguments of {@code java.args}, a class
 * archive made of {@code image.classlist} by {@code -Xshare:dump}, and the memory that their pods
 * have. The runtime is this JDK instead of one that {@code jlink} made.
 */
final class Java {

  /** What the chart gives to a builder pod ({@code builder.resources.limits.memory}). */
  static final String POD_MEMORY = "-XX:MaxRAM=256m";

  /** What it gives to operator and gateway ({@code [gateway.]resources.limits.memory}). */
  static final String SERVER_MEMORY = "-XX:MaxRAM=384m";

  private static final Path CONTAINER = Path.of("src/container");
  private static final Path BUILT = Path.of("bench/target");

  private final Workplace place;
  private final String folder;
  private final String memory;

  private Java(Workplace place, String folder, String memory) {
    this.place = place;
    this.folder = folder;
    this.memory = memory;
  }

  /** Brings the builder, and the programs of the package {@code work}, into the folder app. */
  static void install(Workplace place) throws IOException {
    var app = new Java(place, "app", POD_MEMORY);
    var classPath = app.gather(BUILT.resolve("lib"));
    try (var files = Files.newDirectoryStream(BUILT, "osimage-bench-*.jar")) {
      files.forEach(jar -> copy(jar, place.path("app/bench.jar")));
    }
    app.dump(classPath);
    // A class path that only begins like that of the archive may use it too.
    app.write("bench.args", app.arguments(), classPath + ":app/bench.jar");
    app.requireArchive("bench.args");
  }

  /** Brings operator and gateway, with all jars of the image, into the folder image. */
  static void installImage(Workplace place) throws IOException {
    var image = new Java(place, "image", SERVER_MEMORY);
    image.dump(image.gather(CONTAINER.resolve("target/lib")));
  }

  /** Copies the jars and what goes with them, and returns the class path. */
  private String gather(Path jars) throws IOException {
    var lib = Files.createDirectories(path("lib"));
    var names = new ArrayList<String>();
    if (!Files.isDirectory(jars)) {
      throw new BenchException(jars + " is missing: run 'make bench'");
    }
    try (var files = Files.newDirectoryStream(jars, "*.jar")) {
      for (var jar : files) {
        copy(jar, lib.resolve(jar.getFileName()));
        names.add(folder + "/lib/" + jar.getFileName());
      }
    }
    names.sort(null);
    copy(CONTAINER.resolve("logback.xml"), path("logback.xml"));
    copy(CONTAINER.resolve("image.classlist"), path("image.classlist"));
    return String.join(":", names);
  }

  private Path path(String file) {
    return place.path(folder).resolve(file);
  }

  private List<String> arguments() throws IOException {
    var arguments = new ArrayList<String>();
    for (var argument : Files.readAllLines(CONTAINER.resolve("java.args"))) {
      arguments.add(argument.replace("/app/", folder + "/"));
    }
    arguments.add(memory);
    return arguments;
  }

  private static void copy(Path from, Path to) {
    try {
      Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new BenchException(from + " is missing: run 'make bench'");
    }
  }

  private void write(String file, List<String> arguments, String classPath) throws IOException {
    Files.writeString(path(file), String.join("\n", arguments) + "\n-cp\n" + classPath + "\n");
  }

  private void dump(String classPath) throws IOException {
    var arguments = arguments();
    write("java.args", arguments, classPath);
    var others =
        arguments.stream()
            .filter(argument ->
                !argument.startsWith("-XX:SharedArchiveFile=") && !argument.equals(memory))
            .toList();
    write("dump.args", others, classPath);
    place.run(
        Command.of(
            "java",
            "-Xshare:dump",
            "-Xmx256m",
            "-XX:SharedClassListFile=" + folder + "/image.classlist",
            "-XX:SharedArchiveFile=" + folder + "/classes.jsa",
            "@" + folder + "/dump.args"));
    requireArchive("java.args");
  }

  /** Without this, an archive that does not fit would silently not be used. */
  private void requireArchive(String options) throws IOException {
    place.run(Command.of("java", "-Xshare:on", "@" + folder + "/" + options, "-version"));
  }

  /** The builder, with these arguments. */
  static Command builder(String... arguments) {
    return command("app/java.args", "dev.osimage.builder.Main", arguments);
  }

  /** The operator. */
  static Command operator() {
    return command("image/java.args", "dev.osimage.operator.Main");
  }

  /** The boot gateway. */
  static Command gateway() {
    return command("image/java.args", "dev.osimage.gateway.Main");
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
