package dev.osimage.operator.osimage;

import dev.osimage.api.OsImage;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Reason;
import dev.osimage.operator.Settings;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gathers what a decision is made of, from the caches where they are good enough. */
final class Observer {

  private static final Logger LOG = LoggerFactory.getLogger(Observer.class);
  private static final int LOG_LINES = 20;

  /** One object has few: those who write events join what is alike. */
  private static final long MAX_EVENTS = 100;

  private final KubernetesClient client;
  private final Settings settings;
  private final Clock clock;
  private final AttemptReader reader =
      new AttemptReader(this::logTail, new Waiting(this::lastEvent));

  Observer(KubernetesClient client, Settings settings, Clock clock) {
    this.client = client;
    this.settings = settings;
    this.clock = clock;
  }

  Observed observe(
      OsImage image,
      Collection<Job> cachedJobs,
      Collection<Pod> cachedPods,
      Optional<String> tagConflict) {
    var now = clock.instant();
    // Caches go by name: a deleted namesake's leftovers are not this object's.
    var known =
        cachedJobs.stream()
            .filter(job -> !Labels.isTask(job))
            .filter(job -> job.hasOwnerReferenceFor(image.getMetadata().getUid()))
            .toList();
    var jobs = Stream.concat(known.stream(), unseen(image, known, cachedPods)).toList();
    var attempts = jobs.stream().map(job -> attempt(job, cachedPods, now)).toList();
    var tasks =
        cachedJobs.stream()
            .filter(Labels::isTask)
            .filter(job -> isOf(job, image))
            .flatMap(job ->
                Task.read(job, newestFirst(job, cachedPods), TaskJob.patience(settings), now)
                    .stream())
            .toList();
    return new Observed(
        image.getMetadata().getGeneration(),
        image.getSpec(),
        status(image),
        Requests.of(image),
        tagConflict
            .<Target>map(problem -> new Target.Unbuildable(Reason.TAG_CONFLICT, problem))
            .orElseGet(() -> Target.of(image, settings)),
        attempts,
        tasks,
        strays(jobs, cachedPods).findAny().isPresent(),
        now);
  }

  /** The watches of Jobs and pods are not in step: a pod may be known before its Job is. */
  private Stream<Job> unseen(OsImage image, List<Job> jobs, Collection<Pod> pods) {
    return strays(jobs, pods)
        .flatMap(pod -> pod.getMetadata().getOwnerReferences().stream())
        .filter(owner -> owner.getKind().equals("Job"))
        .map(OwnerReference::getName)
        .distinct()
        .map(name -> liveJob(image, name))
        .flatMap(Optional::stream)
        .filter(job -> job.hasOwnerReferenceFor(image.getMetadata().getUid()));
  }

  private Optional<Job> liveJob(OsImage image, String name) {
    return Optional.ofNullable(
        client
            .batch()
            .v1()
            .jobs()
            .inNamespace(image.getMetadata().getNamespace())
            .withName(name)
            .get());
  }

  private static boolean isOf(Job job, OsImage image) {
    return image
        .getMetadata()
        .getUid()
        .equals(job.getMetadata().getAnnotations().get(Labels.OBJECT));
  }

  static OsImageStatus status(OsImage image) {
    return image.getStatus() == null ? OsImageStatus.empty() : image.getStatus();
  }

  private Attempt attempt(Job job, Collection<Pod> cachedPods, Instant now) {
    var pods = newestFirst(job, cachedPods);
    if (AttemptReader.endedUnrecorded(job)
        && (pods.isEmpty() || AttemptReader.alive(pods.getFirst()))) {
      // The watches of Jobs and pods are not in step, and what is read now is kept for good.
      pods = newestFirst(job, livePods(job));
    }
    return reader.read(job, pods, now);
  }

  /** A pod that the cluster ended may have a successor. */
  private static List<Pod> newestFirst(Job job, Collection<Pod> pods) {
    return pods.stream()
        .filter(pod -> pod.hasOwnerReferenceFor(job))
        .sorted(
            Comparator.comparing(Observer::created).thenComparing(AttemptReader::alive).reversed())
        .toList();
  }

  private static String created(Pod pod) {
    return pod.getMetadata().getCreationTimestamp();
  }

  /** Pods that may still run and are of none of these Jobs. */
  private static Stream<Pod> strays(List<Job> jobs, Collection<Pod> pods) {
    return pods.stream()
        .filter(pod -> !Labels.isTask(pod))
        .filter(AttemptReader::alive)
        .filter(pod -> jobs.stream().noneMatch(pod::hasOwnerReferenceFor));
  }

  private List<Pod> livePods(Job job) {
    return client
        .pods()
        .inNamespace(job.getMetadata().getNamespace())
        .withLabel("batch.kubernetes.io/job-name", job.getMetadata().getName())
        .list()
        .getItems();
  }

  private List<String> logTail(Pod pod) {
    try {
      var metadata = pod.getMetadata();
      return client
          .pods()
          .inNamespace(metadata.getNamespace())
          .withName(metadata.getName())
          .inContainer(JobPod.CONTAINER)
          .tailingLines(LOG_LINES)
          .getLog()
          .lines()
          .toList();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return List.of();
      }
      throw e;
    }
  }

  /** Events are worth little: without the right to read them, less is said, and no more. */
  private Optional<Event> lastEvent(HasMetadata object) {
    var metadata = object.getMetadata();
    var options =
        new ListOptionsBuilder()
            .withFieldSelector("involvedObject.uid=" + metadata.getUid())
            .withLimit(MAX_EVENTS)
            .build();
    try {
      return client
          .v1()
          .events()
          .inNamespace(metadata.getNamespace())
          .list(options)
          .getItems()
          .stream()
          .max(Comparator.comparing(Observer::lastSeen));
    } catch (KubernetesClientException e) {
      LOG.debug("no events about {}", metadata.getName(), e);
      return Optional.empty();
    }
  }

  /** Old and new kinds of events keep it in different fields. */
  private static Instant lastSeen(Event event) {
    var series = event.getSeries() == null ? null : event.getSeries().getLastObservedTime();
    return Stream.of(
            Optional.ofNullable(event.getLastTimestamp()),
            Optional.ofNullable(series).map(MicroTime::getTime),
            Optional.ofNullable(event.getEventTime()).map(MicroTime::getTime))
        .flatMap(Optional::stream)
        .map(Instant::parse)
        .max(Comparator.naturalOrder())
        .orElse(Instant.EPOCH);
  }
}
