package dev.osimage.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The operator, started as the chart's Deployment starts it, but alone: without a Lease. */
final class OperatorProcess implements AutoCloseable {

  private static final String ADDRESS = "http://127.0.0.1:8080";
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String LOG = "operator.log";
  private static final double MIB = 1 << 20;

  private final Workplace place;
  private final Process process;
  private final HttpClient client = HttpClient.newHttpClient();

  private OperatorProcess(Workplace place, Process process) {
    this.place = place;
    this.process = process;
  }

  /** Starts it; returns when it says that it is ready. */
  static OperatorProcess start(Workplace place, ControlPlane plane) throws IOException {
    Java.installImage(place);
    var words = Java.operator().pipes().getFirst().programs().getFirst();
    var builder = place.builder(words, place.path(LOG));
    var environment = builder.environment();
    var container =
        JsonMapper.builder()
            .build()
            .readTree(plane.deployment())
            .at("/spec/template/spec/containers/0");
    for (var variable : container.path("env")) {
      // The others are about the pod that it has not.
      if (variable.has("value")) {
        environment.put(variable.path("name").asText(), variable.path("value").asText());
      }
    }
    environment.remove("OSIMAGE_LEASE_NAME");
    environment.put("KUBECONFIG", place.path(ControlPlane.KUBECONFIG).toString());
    var operator = new OperatorProcess(place, builder.start());
    try {
      Wait.until("the operator is ready", PATIENCE, operator::isReady);
      return operator;
    } catch (IOException | RuntimeException e) {
      operator.close();
      throw e;
    }
  }

  private boolean isReady() throws IOException {
    requireAlive();
    try {
      get("/readyz");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Throws if it has ended. */
  void requireAlive() throws IOException {
    if (!process.isAlive()) {
      throw new BenchException("the operator ended: " + Files.readString(place.path(LOG)));
    }
  }

  private String get(String path) throws IOException {
    try {
      var request = HttpRequest.newBuilder(URI.create(ADDRESS + path)).build();
      var response = client.send(request, BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IOException(path + ": " + response.statusCode());
      }
      return response.body();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A value that it counts: all of that name together. */
  double metric(String name) throws IOException {
    return get("/metrics")
        .lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** How many looks it took at objects. */
  long reconciliations() throws IOException {
    return Math.round(metric("reconciliations_started_total"));
  }

  /** How many of them ended with an error. */
  long failedReconciliations() throws IOException {
    return Math.round(metric("reconciliations_failure_total"));
  }

  /** MiB of its heap that are in use after it was cleaned up, which takes it some time. */
  double liveHeapMib() throws IOException {
    place.run(Command.of("jcmd", String.valueOf(process.pid()), "GC.run"));
    return metric("jvm_memory_used_bytes{area=\"heap\"}") / MIB;
  }

  /** Seconds of CPU that it used so far. */
  double cpu() {
    return ProcessTimes.of(process.pid()).cpu();
  }

  /** MiB that are resident now. */
  double residentMib() throws IOException {
    return ProcessTimes.residentMib(process.pid());
  }

  /** The most MiB that were resident so far. */
  double peakMib() throws IOException {
    return ProcessTimes.peakMib(process.pid());
  }

  /** How many lines of its log are warnings or errors. */
  long complaints() throws IOException {
    try (var lines = Files.lines(place.path(LOG))) {
      return lines
          .filter(line -> line.contains("\"level\":\"WARN\"") || line.contains("\"ERROR\""))
          .count();
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
