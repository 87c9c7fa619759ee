package dev.osimage.e2e.registry;

import dev.osimage.e2e.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;

/** A server program that runs until it is closed. What it says is kept in {@code e2e/target}. */
final class Daemon implements AutoCloseable {

  private static final Path LOGS = Project.file("e2e/target/registries");
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration PAUSE = Duration.ofMillis(30);
  private static final int SHOWN = 20;

  private final String program;
  private final Process process;
  private final Path log;

  private Daemon(String program, Process process, Path log) {
    this.program = program;
    this.process = process;
    this.log = log;
  }

  /** Starts a program at {@code address} with {@code folder} as its home and working folder. */
  static Daemon start(String address, Path folder, String program, String... arguments) {
    var words = new ArrayList<>(List.of(Project.program(program)));
    words.addAll(List.of(arguments));
    try {
      Files.createDirectories(LOGS);
      var log = LOGS.resolve(program + "-" + address.replaceFirst(".*:", "") + ".log");
      var builder =
          new ProcessBuilder(words)
              .directory(folder.toFile())
              .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      // Of the caller's settings only this one: distribution takes any REGISTRY_… as its own.
      var path = builder.environment().get("PATH");
      builder.environment().clear();
      builder.environment().put("PATH", path);
      builder.environment().put("HOME", folder.toString());
      // distribution 3 would look for a collector of traces.
      builder.environment().put("OTEL_TRACES_EXPORTER", "none");
      return new Daemon(program, builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(program + " did not start", e);
    }
  }

  /**
   * Waits until it answers: with what was asked for, or asking for credentials. Closes it if not.
   */
  Daemon awaitAnswer(OkHttpClient http, String url) {
    var request = new Request.Builder().url(url).build();
    var end = Instant.now().plus(PATIENCE);
    while (!answers(http, request)) {
      if (!process.isAlive() || Instant.now().isAfter(end)) {
        close();
        throw new IllegalStateException(
            "%s does not answer at %s; the end of %s:%n%s".formatted(program, url, log, said()));
      }
      pause();
    }
    return this;
  }

  private static boolean answers(OkHttpClient http, Request request) {
    try (var response = http.newCall(request).execute()) {
      return response.isSuccessful() || response.code() == 401;
    } catch (IOException e) {
      return false;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private String said() {
    try {
      var lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - SHOWN), lines.size()));
    } catch (IOException e) {
      return "(unreadable)";
    }
  }

  /** Ends the process; returns when it is gone. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
