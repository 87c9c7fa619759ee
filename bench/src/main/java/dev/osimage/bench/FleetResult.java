package dev.osimage.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Map;

/**
 * What a {@link Fleet} did.
 *
 * @param date when, in UTC
 * @param commit of which sources; with {@code -dirty} when they had changes
 * @param scale what number and time were multiplied by
 * @param objects how many OsImages there were, and {@code registries} how many they write to
 * @param added how many more were created at the end, all of which may build at once
 * @param building from the first OsImage to the last that is Ready
 * @param steady afterwards, while nothing changes
 * @param times seconds, by what took so long
 * @param memory of the operator
 * @param warnings how many lines of the operator's log are warnings or errors
 */
@JsonPropertyOrder({"date", "commit", "scale", "disturbed", "machine", "versions"})
record FleetResult(
    String date,
    String commit,
    double scale,
    Map<String, String> machine,
    Map<String, String> versions,
    int objects,
    int registries,
    int added,
    Phase building,
    Phase steady,
    Times times,
    Memory memory,
    long warnings) {

  private static final double DIGITS = 1000;

  /** Whether others used the machine: then times and CPU are no result, but counts are. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  boolean disturbed() {
    return !building.quiet() || !steady.quiet();
  }

  /** Writes of the operator for each object, from its creation until it is Ready. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  double writesPerObject() {
    return rounded((double) building.writeCount() / objects);
  }

  /**
   * A part of the time.
   *
   * @param seconds how long it was
   * @param writes requests of the operator by verb and resource, refused ones included
   * @param refused those of them that the API server refused
   * @param reads the other requests of the operator
   * @param reconciliations looks at an object, and {@code failed} those that ended with an error
   * @param cpu seconds that the operator used, {@code serverCpu} and {@code etcdCpu} the others
   * @param foreignCpu seconds of CPU that others used meanwhile
   * @param quiet whether that is little
   */
  record Phase(
      double seconds,
      Map<String, Long> writes,
      Map<String, Long> refused,
      Map<String, Long> reads,
      long reconciliations,
      long failed,
      double cpu,
      double serverCpu,
      double etcdCpu,
      double foreignCpu,
      boolean quiet) {

    Phase {
      seconds = rounded(seconds);
      cpu = rounded(cpu);
      serverCpu = rounded(serverCpu);
      etcdCpu = rounded(etcdCpu);
      foreignCpu = rounded(foreignCpu);
    }

    /** How many writes it were in all. */
    long writeCount() {
      return writes.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /**
   * Seconds.
   *
   * @param creating how long it took to create all OsImages
   * @param allReady from the first OsImage until the last is Ready
   * @param job from the answer to the creation of an OsImage to that of its Job's
   * @param ready from there until somebody who watches sees it Ready
   * @param addedJob as {@code job}, of those that were created at the end
   * @param addedReady as {@code ready}, of the same
   * @param build from when a Job is seen until it is over, which is not the operator's
   */
  record Times(
      double creating,
      double allReady,
      Latency job,
      Latency ready,
      Latency addedJob,
      Latency addedReady,
      Latency build) {

    Times {
      creating = rounded(creating);
      allReady = rounded(allReady);
    }
  }

  /**
   * MiB.
   *
   * @param started resident before there is any object
   * @param ready resident when all are Ready
   * @param steady resident in equal distances while nothing changes, the last value at its end
   * @param peak the most that was resident
   * @param liveHeapStarted heap in use after a collection, before there is any object
   * @param liveHeapEnd the same at the end
   */
  record Memory(
      double started,
      double ready,
      List<Double> steady,
      double peak,
      double liveHeapStarted,
      double liveHeapEnd) {

    Memory {
      started = rounded(started);
      ready = rounded(ready);
      steady = steady.stream().map(FleetResult::rounded).toList();
      peak = rounded(peak);
      liveHeapStarted = rounded(liveHeapStarted);
      liveHeapEnd = rounded(liveHeapEnd);
    }
  }

  private static double rounded(double value) {
    return Math.rint(value * DIGITS) / DIGITS;
  }

  /** One line. */
  String text() {
    return ("%d writes in %.0f s while nothing changes; must 0. %.2f writes per object, all Ready"
            + " after %.0f s, peak %.0f MiB%s")
        .formatted(
            steady.writeCount(),
            steady.seconds(),
            writesPerObject(),
            times.allReady(),
            memory.peak(),
            disturbed() ? "; DISTURBED" : "");
  }
}
