package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.operator.Settings;
import dev.osimage.operator.runtime.BuildMetrics;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
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
  private final Consumer<ResourceID> wake;

  /** No more tasks run at once than builds. Those whose turn has come are given to {@code wake}. */
  Turns(Settings settings, BuildMetrics metrics, Consumer<ResourceID> wake) {
    this.queue = new BuildQueue(settings.maxBuilds(), settings.maxBuildsPerRegistry());
    this.maxTasks = settings.maxBuilds();
    this.metrics = metrics;
    this.wake = wake;
  }

  /** A build that is to be started has to wait for its turn; {@code jobs} are those of all. */
  Decision build(OsImage image, Observed observed, Decision decision, Supplier<Stream<Job>> jobs) {
    var turn = turn(BuildQueue.Candidate.of(image), observed, decision, jobs);
    metrics.queueLength(queue.waiting());
    return turn;
  }

  private Decision turn(
      BuildQueue.Candidate object,
      Observed observed,
      Decision decision,
      Supplier<Stream<Job>> jobs) {
    if (!(decision instanceof Decision.Start start)
        || !(observed.target() instanceof Target.Buildable target)) {
      queue.leave(object);
      return decision;
    }
    var destination = BuildQueue.Destination.of(target.plan());
    var waited =
        queue.admit(object, destination, running(jobs.get(), observed.now()), observed.now());
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
    queue.leave(BuildQueue.Candidate.of(image));
  }

  /** Wakes those whose turn has come because others have left; {@code jobs} are those of all. */
  void callNext(Supplier<Stream<Job>> jobs, Instant now) {
    if (queue.waiting() > 0) {
      queue.next(running(jobs.get(), now)).forEach(next -> wake.accept(next.id()));
    }
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
            new BuildQueue.Running(
                new BuildQueue.Candidate(
                    owner.getUid(),
                    new ResourceID(owner.getName(), job.getMetadata().getNamespace())),
                Labels.destination(job),
                takesPlace(job, now)));
  }

  /** A Job that gets no pod, by a quota perhaps, takes no place from those that would get one. */
  private static boolean takesPlace(Job job, Instant now) {
    var active = job.getStatus() == null ? null : job.getStatus().getActive();
    return (active != null && active > 0)
        || Instant.parse(job.getMetadata().getCreationTimestamp()).plus(YOUNG).isAfter(now);
  }
}
