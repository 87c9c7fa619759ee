package dev.osimage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.osimage.bench.FleetResult.Memory;
import dev.osimage.bench.FleetResult.Phase;
import dev.osimage.bench.FleetResult.Times;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The row {@link Row#OBJECTS}: many OsImages are created, one after the other as fast as it goes,
 * and once all are Ready it is looked what the operator does while nothing changes. A few more at
 * the end show how soon it starts builds that need not wait for others.
 */
final class Fleet {

  private static final int OBJECTS = 1000;

  /** Enough for {@code builder.limits.total} not to be held back by {@code perRegistry}. */
  private static final int REGISTRIES = 4;

  /** The chart's {@code builder.limits.total}: nobody of so many has to wait. */
  private static final int ADDED = 20;

  /** The SDK looks again at each object after ten minutes: at the last one within this time too. */
  private static final Duration STEADY = Duration.ofMinutes(11);

  private static final int SAMPLES = 22;
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  /** What still happens after the last object is Ready: its event, and the end of its Job. */
  private static final Duration SETTLING = Duration.ofSeconds(5);

  private static final String OSIMAGES =
      "/apis/osimage.dev/v1alpha1/namespaces/" + ControlPlane.NAMESPACE + "/osimages";
  private static final double MILLIS = 1000;

  private final Workplace place;
  private final Options options;
  private final PrintStream out;
  private final ControlPlane plane;
  private final OperatorProcess operator;
  private final Api api;
  private final Builders builders;
  private final Map<String, Instant> ready = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

  private Fleet(
      Workplace place,
      Options options,
      PrintStream out,
      ControlPlane plane,
      OperatorProcess operator,
      Api api) {
    this.place = place;
    this.options = options;
    this.out = out;
    this.plane = plane;
    this.operator = operator;
    this.api = api;
    this.builders = new Builders(api, ControlPlane.NAMESPACE, this::failed);
  }

  /** A moment, and what was used and done up to it. */
  private record Mark(
      Instant time,
      CpuTimes machine,
      double cpu,
      double serverCpu,
      double etcdCpu,
      long reconciliations,
      long failed) {}

  /** Runs it once: what it counts needs no second run. */
  static FleetResult run(Workplace place, Options options, PrintStream out) throws IOException {
    out.println(Row.OBJECTS.text() + ": starting etcd, an API server and the operator");
    try (var plane = ControlPlane.start(place);
        var operator = OperatorProcess.start(place, plane);
        var api = plane.api()) {
      return new Fleet(place, options, out, plane, operator, api).measure();
    }
  }

  private FleetResult measure() throws IOException {
    var date = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    api.watch(OSIMAGES, this::changed, this::failed);
    builders.start();
    double liveHeap = operator.liveHeapMib();
    double resident = operator.residentMib();
    var begin = mark();
    create(0, count());
    double creating = secondsBetween(begin.time(), Instant.now());
    out.printf("  %d created after %.1f s%n", count(), creating);
    awaitReady(count());
    out.printf("  all Ready; now nothing changes for %d s%n", steady().toSeconds());
    double residentReady = operator.residentMib();
    var built = mark();
    var samples = samples();
    var end = mark();
    double peak = operator.peakMib();
    var memory =
        new Memory(resident, residentReady, samples, peak, liveHeap, operator.liveHeapMib());
    create(count(), count() + ADDED);
    awaitReady(count() + ADDED);
    var audit = plane.audit();
    return new FleetResult(
        date,
        Machine.commit(place),
        options.scale(),
        Machine.facts(place, Java.SERVER_MEMORY),
        Machine.clusterVersions(place),
        count(),
        REGISTRIES,
        ADDED,
        phase(begin, built, audit),
        phase(built, end, audit),
        times(creating, begin, audit),
        memory,
        operator.complaints());
  }

  private Mark mark() throws IOException {
    return new Mark(
        Instant.now(),
        CpuTimes.now(),
        operator.cpu(),
        plane.serverCpu(),
        plane.etcdCpu(),
        operator.reconciliations(),
        operator.failedReconciliations());
  }

  private int count() {
    return (int) options.scaled(OBJECTS);
  }

  private Duration steady() {
    return Duration.ofMillis(options.scaled(STEADY.toMillis()));
  }

  private void changed(JsonNode event) {
    for (var condition : event.at("/object/status/conditions")) {
      if (condition.path("type").asText().equals("Ready")
          && condition.path("status").asText().equals("True")) {
        ready.putIfAbsent(event.at("/object/metadata/name").asText(), Instant.now());
      }
    }
  }

  private void failed(Exception e) {
    failure.compareAndSet(null, e);
  }

  private void create(int from, int to) throws IOException {
    for (int i = from; i < to; i++) {
      api.create(OSIMAGES, osImage(i));
    }
  }

  private static String name(int number) {
    return "image-%04d".formatted(number);
  }

  private static String osImage(int number) {
    var name = name(number);
    return """
    {"apiVersion": "osimage.dev/v1alpha1", "kind": "OsImage", "metadata": {"name": "%s"}, "spec": {
      "architecture": "amd64", "commandLine": "console=ttyS0 root=/dev/vda1",
      "files": {
        "kernel": {"http": {"url": "https://files.example.com/%s/kernel", "digest": "%s"}},
        "initramfs": {"http": {"url": "https://files.example.com/%s/initramfs", "digest": "%s"}}},
      "destination": {"repository": "registry-%d.example.com/os/%s", "tags": ["latest"]}}}
    """
        .formatted(
            name,
            name,
            digest("kernel of " + name),
            name,
            digest("initramfs of " + name),
            number % REGISTRIES,
            name);
  }

  private static Digest digest(String text) {
    return Digest.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private void awaitReady(int count) throws IOException {
    Wait.until(
        "all OsImages are Ready",
        PATIENCE,
        () -> {
          requireHealth();
          return ready.size() == count && builders.running() == 0;
        });
    Wait.pause(SETTLING);
  }

  private void requireHealth() throws IOException {
    operator.requireAlive();
    var e = failure.get();
    if (e != null) {
      throw new BenchException("what stands in for the cluster failed: " + e);
    }
  }

  /** Waits, and says how much memory the operator has in use meanwhile. */
  private List<Double> samples() throws IOException {
    var samples = new ArrayList<Double>();
    var pause = steady().dividedBy(SAMPLES);
    for (int i = 0; i < SAMPLES; i++) {
      Wait.pause(pause);
      requireHealth();
      samples.add(operator.residentMib());
    }
    return samples;
  }

  private static Phase phase(Mark from, Mark to, AuditLog audit) {
    double seconds = secondsBetween(from.time(), to.time());
    var requests = audit.of(ControlPlane.OPERATOR, from.time(), to.time());
    var disturbance = Disturbance.between(from.machine(), to.machine(), seconds);
    return new Phase(
        seconds,
        requests.writes().counts(),
        requests.writes().refused().counts(),
        requests.reads().counts(),
        to.reconciliations() - from.reconciliations(),
        to.failed() - from.failed(),
        to.cpu() - from.cpu(),
        to.serverCpu() - from.serverCpu(),
        to.etcdCpu() - from.etcdCpu(),
        disturbance.foreign(),
        disturbance.isSmall());
  }

  private Times times(double creating, Mark begin, AuditLog audit) {
    var created = audit.first("create osimages", name -> name);
    var jobs = audit.first("create jobs", Fleet::imageOf);
    var all = IntStream.range(0, count()).mapToObj(Fleet::name).toList();
    var added = IntStream.range(count(), count() + ADDED).mapToObj(Fleet::name).toList();
    return new Times(
        creating,
        secondsBetween(begin.time(), last(all)),
        latency(all, created, jobs),
        latency(all, created, ready),
        latency(added, created, jobs),
        latency(added, created, ready),
        Latency.of(builders.seconds()));
  }

  /** A Job's name is that of its OsImage, its identity and its number, with hyphens between. */
  private static String imageOf(String job) {
    return job.substring(0, job.lastIndexOf('-', job.lastIndexOf('-') - 1));
  }

  private static Latency latency(
      List<String> names, Map<String, Instant> from, Map<String, Instant> to) {
    var seconds = new ArrayList<Double>();
    for (var name : names) {
      seconds.add(secondsBetween(time(from, name), time(to, name)));
    }
    return Latency.of(seconds);
  }

  private static Instant time(Map<String, Instant> times, String name) {
    var time = times.get(name);
    if (time == null) {
      throw new BenchException("nothing is known of " + name);
    }
    return time;
  }

  /** When the last of these was Ready. */
  private Instant last(List<String> names) {
    return names.stream()
        .map(name -> time(ready, name))
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  private static double secondsBetween(Instant from, Instant to) {
    return Duration.between(from, to).toMillis() / MILLIS;
  }
}
