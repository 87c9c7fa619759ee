package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.Mounts;
import dev.osimage.image.RegistryTask;
import dev.osimage.image.Termination;
import dev.osimage.image.Wire;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pod that looks at a registry or tidies it: {@code TaskMain TASK DIGEST TERMINATION MOUNTS}.
 *
 * <p>TASK is the file of a {@link RegistryTask}; the other arguments and the exit status are those
 * of {@link Main}.
 */
public final class TaskMain {

  private static final Logger LOG = LoggerFactory.getLogger(TaskMain.class);

  private TaskMain() {}

  public static void main(String[] args) {
    if (args.length != 4) {
      System.err.println("usage: dev.osimage.builder.TaskMain TASK DIGEST TERMINATION MOUNTS");
      System.exit(2);
    }
    var handover = new Handover(Path.of(args[0]), args[1], Path.of(args[2]));
    var mounts = new Mounts(Path.of(args[3]));
    System.exit(run(handover, mounts, HttpSettings.of(System.getenv()), RetryPolicy.DEFAULT));
  }

  static int run(Handover handover, Mounts mounts, HttpSettings settings, RetryPolicy retries) {
    try (var http = new HttpTransport(settings)) {
      var task = handover.read(Wire::readTask);
      LOG.info("{} at {}", task.kind().text(), task.destination().repository());
      var trusting = Sources.trusting(http, task.caBundle());
      var upkeep = new Upkeep(task, mounts, trusting, retries);
      var answer = Termination.success(task.artifacts().getFirst().digest());
      int exit = 0;
      try {
        upkeep.run();
      } catch (BuildFailure e) {
        LOG.error("{}: {}", e.reason().text(), e.getMessage(), e.getCause());
        answer = Termination.failure(e.reason(), e.getMessage());
        exit = Main.exitCode(e);
      }
      // First without: to look at boot URLs may take longer than there is time.
      handover.answer(answer);
      handover.answer(answer.with(upkeep.bootLook().orElse(null)));
      return exit;
    } catch (BuildFailure e) {
      LOG.error("{}: {}", e.reason().text(), e.getMessage(), e.getCause());
      handover.answer(Termination.failure(e.reason(), e.getMessage()));
      return Main.exitCode(e);
    } catch (RuntimeException e) {
      LOG.error("a defect", e);
      handover.answer(Termination.failure(Reason.INTERNAL_ERROR, "defect: " + e));
      return 3;
    }
  }
}
