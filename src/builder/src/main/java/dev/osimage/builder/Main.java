package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildStep;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.Mounts;
import dev.osimage.image.Termination;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
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
  private static final int MAX_PLAN_BYTES = 2 * 1024 * 1024;

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
    var lines = new LineWriter(out);
    // To learn which authorities to trust takes as long as to read the plan: both at once.
    var transport = CompletableFuture.supplyAsync(() -> new HttpTransport(settings));
    try {
      var plan = readPlan(planFile, planDigest);
      var repository = plan.destination().repository();
      LOG.info("building {} for {}", plan.contentTag(), repository);
      var result = Build.run(plan, mounts, transport.join(), retries, lines);
      LOG.info("published {}; peak memory {}", repository.at(result.digest()), peakMemory());
      lines.write(result);
      write(termination, Termination.success(result.digest()));
      return 0;
    } catch (BuildFailure e) {
      LOG.error("{}: {}", e.reason().text(), e.getMessage(), e.getCause());
      write(
          termination, Termination.failure(e.reason(), e.getMessage(), e.step(), lines.finished()));
      return e.reason().nature() == Reason.Nature.PASSING ? 3 : 2;
    } catch (RuntimeException e) {
      LOG.error("a defect in the builder", e);
      write(
          termination,
          Termination.failure(
              Reason.INTERNAL_ERROR, "defect in the builder: " + e, null, lines.finished()));
      return 3;
    }
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

  private static BuildPlan readPlan(Path file, String digest) {
    try (var in = Files.newInputStream(file)) {
      var json = in.readNBytes(MAX_PLAN_BYTES);
      if (!Digest.of(json).toString().equals(digest)) {
        throw new BuildFailure(
            BuildStep.PLAN,
            Reason.INTERNAL_ERROR,
            "the plan is not the operator's: the ConfigMap with the name of this Job was made by"
                + " somebody else; delete it");
      }
      return Wire.readPlan(json);
    } catch (IOException | IllegalArgumentException e) {
      throw new BuildFailure(
          BuildStep.PLAN, Reason.INTERNAL_ERROR, "the plan can't be read: " + e.getMessage(), e);
    }
  }

  private static void write(Path file, Termination termination) {
    try {
      Files.write(file, Wire.write(termination));
    } catch (IOException e) {
      LOG.error("the termination message can't be written", e);
    }
  }
}
