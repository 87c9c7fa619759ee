package dev.osimage.bench;

import dev.osimage.bench.work.WarmPush;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link WarmPush}: one process, which pushes the same files again and again. */
final class WarmSide implements Side {

  private static final double NANOS = 1e9;

  private final Workplace place;
  private final List<String> files;
  private @Nullable Running running;

  WarmSide(Workplace place, List<String> files) {
    this.place = place;
    this.files = files;
  }

  private record Running(Process process, PrintWriter orders, BufferedReader answers) {}

  @Override
  public Usage run(Stage stage) throws IOException {
    if (running == null) {
      running = start();
    }
    long pid = running.process().pid();
    var before = ProcessTimes.of(pid);
    long start = System.nanoTime();
    running.orders().println(stage.reference());
    var answer = running.answers().readLine();
    double wall = (System.nanoTime() - start) / NANOS;
    if (!WarmPush.DONE.equals(answer)) {
      throw new BenchException(
          "the push failed: " + answer + "\n" + Files.readString(place.path("warm.log")));
    }
    var after = ProcessTimes.of(pid);
    return new Usage(
        wall,
        after.user() - before.user(),
        after.system() - before.system(),
        ProcessTimes.peakMib(pid));
  }

  private Running start() throws IOException {
    var words = command().pipes().getFirst().programs().getFirst();
    var log = place.path("warm.log");
    var process =
        place
            .builder(words, log)
            .redirectErrorStream(false)
            .redirectError(log.toFile())
            .redirectInput(Redirect.PIPE)
            .redirectOutput(Redirect.PIPE)
            .start();
    return new Running(
        process,
        new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true),
        process.inputReader(StandardCharsets.UTF_8));
  }

  private Command command() {
    return Java.work(WarmPush.class, files.toArray(String[]::new));
  }

  @Override
  public String command(Stage stage) {
    return command() + ", each line of its input REGISTRY/" + Stage.NAME + ":" + Stage.TAG;
  }

  @Override
  public void close() {
    if (running != null) {
      running.orders().close();
      running.process().destroy();
    }
  }
}
