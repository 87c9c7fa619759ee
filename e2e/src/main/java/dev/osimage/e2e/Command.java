package dev.osimage.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A program that people use, run as they would run it. */
public final class Command {

  private static final int SHOWN = 2000;

  private final List<String> words;
  private final Map<String, String> environment = new HashMap<>();
  private Path folder = Project.file("");
  private String input = "";
  private Duration patience = Duration.ofMinutes(1);

  private Command(List<String> words) {
    this.words = words;
  }

  /** How a command ended. */
  public record Result(int exit, String out, String err) {}

  /** A command with its arguments; the tools built for the cluster come first in PATH. */
  public static Command of(Object program, String... arguments) {
    var words = new ArrayList<String>();
    words.add(program instanceof Path path ? path.toString() : Project.program(program.toString()));
    words.addAll(List.of(arguments));
    return new Command(words);
  }

  /** Adds a variable to its environment. */
  public Command with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Runs it in this folder instead of the checkout's. */
  public Command in(Path folder) {
    this.folder = folder;
    return this;
  }

  /** Gives it something to read. */
  public Command reading(String text) {
    input = text;
    return this;
  }

  /** Kills it after this time. */
  public Command within(Duration time) {
    patience = time;
    return this;
  }

  /** Runs it; returns its standard output, or throws with what it said when it failed. */
  public String run() {
    var result = result();
    if (result.exit() != 0) {
      throw new IllegalStateException(
          "%s exited with %d:%n%s%s"
              .formatted(words, result.exit(), tail(result.out()), tail(result.err())));
    }
    return result.out();
  }

  /** Runs it and tells how it ended. */
  public Result result() {
    var builder = new ProcessBuilder(words).directory(folder.toFile());
    builder.environment().putAll(environment);
    try {
      var process = builder.start();
      var out = CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
      var err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      }
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        throw new IllegalStateException(
            "%s did not end within %s:%n%s".formatted(words, patience, tail(err.join())));
      }
      return new Result(process.exitValue(), out.join(), err.join());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String text(InputStream stream) {
    try {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  private static String tail(String text) {
    return text.length() <= SHOWN ? text : "…" + text.substring(text.length() - SHOWN);
  }
}
