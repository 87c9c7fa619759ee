package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.operator.Settings;
import dev.osimage.operator.runtime.BuildMetrics;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Whose turn it is to start something, of all that want to. */
final class Turns {

  /** Longer than the caches lag behind what was started. */
  private static final Duration YOUNG = Duration.ofMinutes(1);

  /** How long objects wait whose task has to wait for those of others. */
  private static final Duration TURN = Duration.ofSeconds(5);

  private final BuildQueue queue;
  private final int maxTasks;
  private final BuildMetrics metrics;

  /** No more tasks run at once than builds. */
  Turns(Settings settings, BuildMetrics metrics) {
    this.queue = new BuildQueue(settings.maxBuilds(), settings.maxBuildsPerRegistry());
    this.maxTasks = settings.maxBuilds();
    this.metrics = metrics;
  }

  /** A build that is to be started has to wait for its turn; {@code jobs} are those of all. */
  Decision build(OsImage image, Observed observed, Decision decision, Supplier<Stream<Job>> jobs) {
    var turn = turn(image.getMetadata().getUid(), observed, decision, jobs);
    metrics.queueLength(queue.waiting());
    return turn;
  }

  private Decision turn(
      String uid, Observed observed, Decision decision, Supplier<Stream<Job>> jobs) {
    if (!(decision instanceof Decision.Start start)
        || !(observed.target() instanceof Target.Buildable target)) {
      queue.leave(uid);
      return decision;
    }
    var destination = BuildQueue.Destination.of(target.plan());
    var waited = queue.admit(uid, destination, running(jobs.get(), observed.now()), observed.now());
    waited.ifPresent(metrics::waited);
    return waited.isPresent() ? decision : new Decision.Queued(start.number());
  }

  /** So has a task, which comes again after a while. */
  Chore task(Chore chore, Observed observed, Supplier<Stream<Job>> jobs) {
    if (!(chore instanceof Chore.Start)) {
      return chore;
    }
    var running =
        jobs.get().filter(Labels::isTask).filter(job -> takesPlace(job, observed.now())).count();
    return running < maxTasks ? chore : new Chore.Nothing(Optional.of(observed.now().plus(TURN)));
  }

  /** This object has nothing to start. */
  void leave(OsImage image) {
    queue.leave(image.getMetadata().getUid());
  }

  private static List<BuildQueue.Running> running(Stream<Job> jobs, Instant now) {
    return jobs.filter(job -> !Labels.isTask(job) && !AttemptReader.isRecorded(job))
        .flatMap(job -> running(job, now).stream())
        .toList();
  }

  private static Optional<BuildQueue.Running> running(Job job, Instant now) {
    return job.getMetadata().getOwnerReferences().stream()
        .filter(owner -> owner.getKind().equals(OsImage.class.getSimpleName()))
        .findFirst()
        .map(owner ->
            new BuildQueue.Running(owner.getUid(), Labels.destination(job), takesPlace(job, now)));
  }

  /** A Job that gets no pod, by a quota perhaps, takes no place from those that would get one. */
  private static boolean takesPlace(Job job, Instant now) {
    var active = job.getStatus() == null ? null : job.getStatus().getActive();
    return (active != null && active > 0)
        || Instant.parse(job.getMetadata().getCreationTimestamp()).plus(YOUNG).isAfter(now);
  }
}
