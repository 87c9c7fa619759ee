package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.Mounts;
import dev.osimage.image.Termination;
import dev.osimage.image.Wire;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The builder: {@code Main PLAN DIGEST TERMINATION MOUNTS}.
 *
 * <p>PLAN is the file of a {@link BuildPlan}, DIGEST its digest; TERMINATION the file for the
 * {@link Termination}; MOUNTS the folder of the {@link Mounts}. Standard output carries {@link
 * BuilderLine}s, standard error the log. Exit status: 0 published, 2 somebody has to change
 * something, 3 trying again may help.
 */
public final class Main {

  private static final Logger LOG = LoggerFactory.getLogger(Main.class);

  private Main() {}

  public static void main(String[] args) {
    if (args.length != 4) {
      System.err.println("usage: dev.osimage.builder.Main PLAN DIGEST TERMINATION MOUNTS");
      System.exit(2);
    }
    var mounts = new Mounts(Path.of(args[3]));
    var settings = HttpSettings.of(System.getenv());
    System.exit(
        run(
            Path.of(args[0]),
            args[1],
            Path.of(args[2]),
            mounts,
            settings,
            RetryPolicy.DEFAULT,
            System.out));
  }

  static int run(
      Path planFile,
      String planDigest,
      Path termination,
      Mounts mounts,
      HttpSettings settings,
      RetryPolicy retries,
      PrintStream out) {
    var handover = new Handover(planFile, planDigest, termination);
    var lines = new LineWriter(out);
    // To learn which authorities to trust takes as long as to read the plan: both at once.
    var transport = CompletableFuture.supplyAsync(() -> new HttpTransport(settings));
    try {
      var plan = handover.read(Wire::readPlan);
      var repository = plan.destination().repository();
      LOG.info("building {} for {}", plan.contentTag(), repository);
      var result = Build.run(plan, mounts, transport.join(), retries, lines);
      LOG.info("published {}; peak memory {}", repository.at(result.digest()), peakMemory());
      lines.write(result);
      handover.answer(Termination.success(result.digest()));
      return 0;
    } catch (BuildFailure e) {
      LOG.error("{}: {}", e.reason().text(), e.getMessage(), e.getCause());
      handover.answer(Termination.failure(e.reason(), e.getMessage(), e.step(), lines.finished()));
      return exitCode(e);
    } catch (RuntimeException e) {
      LOG.error("a defect in the builder", e);
      handover.answer(
          Termination.failure(
              Reason.INTERNAL_ERROR, "defect in the builder: " + e, null, lines.finished()));
      return 3;
    }
  }

  /** Whether somebody has to change something, or trying again may help. */
  static int exitCode(BuildFailure failure) {
    return failure.reason().nature() == Reason.Nature.PASSING ? 3 : 2;
  }

  /** The most memory that was resident at once, as Linux counts it against the pod's limit. */
  private static String peakMemory() {
    try (var lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .map(line -> line.substring("VmHWM:".length()).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException | UncheckedIOException e) {
      return "unknown";
    }
  }
}
