package dev.osimage.builder;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import dev.osimage.api.Architecture;
import dev.osimage.image.BuildPlan;
import dev.osimage.image.BuildPlan.PlannedDestination;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.image.BuilderLine;
import dev.osimage.image.Mounts;
import dev.osimage.image.PartName;
import dev.osimage.image.PlannedNetwork;
import dev.osimage.image.PlannedSource;
import dev.osimage.image.Termination;
import dev.osimage.image.Wire;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Repository;
import dev.osimage.oci.content.Compression;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.RetryPolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLSocketFactory;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import org.slf4j.LoggerFactory;

/** A registry, a web server and a folder, between which the builder runs as it does in a pod. */
final class Workbench implements AutoCloseable {

  static final HttpSettings SETTINGS = HttpSettings.of(Map.of());

  /** Two tries with next to no wait between them. */
  static final RetryPolicy RETRIES =
      new RetryPolicy(
          2,
          Duration.ofMillis(1),
          Duration.ofMillis(5),
          Duration.ofSeconds(1),
          Duration.ofMinutes(1));

  final FakeRegistry registry = new FakeRegistry();

  private final MockWebServer registryServer = new MockWebServer();
  private final MockWebServer webServer = new MockWebServer();
  private final Map<String, Supplier<MockResponse>> files = new ConcurrentHashMap<>();
  private final Map<String, Map<String, String>> protections = new ConcurrentHashMap<>();
  private final Map<String, Runnable> logEvents = new ConcurrentHashMap<>();
  private final Path folder;

  /** Everything that one run left behind. */
  record Run(int exitCode, Termination termination, String output, String log, Duration time) {

    List<BuilderLine> lines() {
      return output
          .lines()
          .map(line -> Wire.read(line.getBytes(StandardCharsets.UTF_8), BuilderLine.class))
          .toList();
    }

    BuilderLine.Result result() {
      assertThat(lines().getLast()).isInstanceOf(BuilderLine.Result.class);
      return (BuilderLine.Result) lines().getLast();
    }

    /** All that anybody could read. */
    String everything() {
      return termination + output + log;
    }
  }

  Workbench(Path folder) throws IOException {
    this.folder = folder;
    registryServer.setDispatcher(registry);
    webServer.setDispatcher(
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            var path = request.getUrl().encodedPath();
            var wanted = protections.getOrDefault(path, Map.of());
            if (!wanted.entrySet().stream()
                .allMatch(header ->
                    header.getValue().equals(request.getHeaders().get(header.getKey())))) {
              return new MockResponse.Builder().code(401).build();
            }
            var file = files.get(path);
            return file == null ? new MockResponse.Builder().code(404).build() : file.get();
          }
        });
    registryServer.start();
    webServer.start();
  }

  Repository repository() {
    return new Repository("localhost:" + registryServer.getPort(), "os/debian");
  }

  void serve(String path, Supplier<MockResponse> response) {
    files.put(path, response);
  }

  void serve(String path, String content) {
    serve(path, () -> new MockResponse.Builder().body(content).build());
  }

  /** From now on a file is served only to those who send these headers. */
  void protect(String path, Map<String, String> headers) {
    protections.put(path, headers);
  }

  /** A web server with TLS that answers everything alike. */
  static MockWebServer tlsServer(SSLSocketFactory sockets, MockResponse response)
      throws IOException {
    var server = new MockWebServer();
    server.useHttps(sockets);
    server.setDispatcher(
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            return response;
          }
        });
    server.start();
    return server;
  }

  String url(String path) {
    return "http://localhost:" + webServer.getPort() + path;
  }

  /** A part that is its whole source. */
  record Input(PartName name, PlannedSource source, Digest digest, boolean checkHeader) {

    /** The same from a web server that wants what is in this Secret. */
    Input withSecret(String secret) {
      var http = (PlannedSource.Http) source;
      return new Input(
          name,
          new PlannedSource.Http(http.url(), http.digest(), secret, http.caBundle()),
          digest,
          checkHeader);
    }
  }

  /** A part from the web server, which serves {@code content} for it. */
  Input fetched(PartName name, String content) {
    serve("/" + name.text(), content);
    return fetched(name, "/" + name.text() + "?token=hush", Digest.of(bytes(content)));
  }

  Input fetched(PartName name, String path, Digest digest) {
    return source(name, url(path), digest, false);
  }

  static Input source(PartName name, String url, Digest digest, boolean checkHeader) {
    return new Input(name, new PlannedSource.Http(url, digest, null, null), digest, checkHeader);
  }

  static Input inline(PartName name, String content) {
    var source = PlannedSource.Inline.of(content);
    return new Input(name, source, source.digest(), false);
  }

  static String mediaType(PartName name) {
    return "application/vnd.example." + name.text();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  BuildPlan plan(Input... parts) {
    return plan(60, parts);
  }

  BuildPlan plan(long timeoutSeconds, Input... inputs) {
    var parts =
        IntStream.range(0, inputs.length)
            .mapToObj(i ->
                new PlannedPart(
                    inputs[i].name(),
                    mediaType(inputs[i].name()),
                    i,
                    null,
                    Compression.NONE,
                    inputs[i].digest(),
                    inputs[i].checkHeader()))
            .toList();
    return new BuildPlan(
        BuildPlan.VERSION,
        Architecture.AMD64,
        "abcdef0123456789".repeat(4),
        new BuildPlan.Config(
            "application/vnd.example.config", "{\"commandLine\":\"ro\"}", Map.of()),
        Arrays.stream(inputs).map(Input::source).toList(),
        parts,
        Map.of(),
        new PlannedDestination(
            repository(), List.of("1.0-amd64", "latest-amd64"), true, null, null),
        PlannedNetwork.PLAIN,
        timeoutSeconds,
        0,
        List.of());
  }

  Run run(BuildPlan plan) {
    return run(new String(Wire.write(plan), StandardCharsets.UTF_8));
  }

  /** A run with a mounted Secret that has these keys. */
  Run run(BuildPlan plan, Map<String, String> secret) throws IOException {
    mount("push", secret);
    return run(withSecret(plan));
  }

  /** The same plan with the Secret {@code push} for its registry. */
  static BuildPlan withSecret(BuildPlan plan) {
    var destination = plan.destination();
    return to(
        new PlannedDestination(destination.repository(), destination.tags(), true, "push", null),
        plan);
  }

  /** The same plan for another destination. */
  static BuildPlan to(PlannedDestination destination, BuildPlan plan) {
    return with(plan, plan.sources(), plan.parts(), destination);
  }

  /** The same plan with other parts. */
  static BuildPlan with(BuildPlan plan, List<PlannedSource> sources, List<PlannedPart> parts) {
    return with(plan, sources, parts, plan.destination());
  }

  private static BuildPlan with(
      BuildPlan plan,
      List<PlannedSource> sources,
      List<PlannedPart> parts,
      PlannedDestination destination) {
    return new BuildPlan(
        plan.version(),
        plan.architecture(),
        plan.inputsHash(),
        plan.config(),
        sources,
        parts,
        plan.annotations(),
        destination,
        plan.network(),
        plan.timeoutSeconds(),
        plan.credentialsWaitSeconds(),
        plan.finished());
  }

  /**
   * A Secret with these keys as kubelet mounts it, and as it changes one: keys are links into a
   * folder that is exchanged as a whole.
   */
  void mount(String name, Map<String, String> keys) {
    try {
      var mount = Files.createDirectories(mounts().secret(name));
      var content = Files.createTempDirectory(mount, "..");
      for (var key : keys.entrySet()) {
        Files.writeString(content.resolve(key.getKey()), key.getValue());
        var link = mount.resolve(key.getKey());
        if (!Files.isSymbolicLink(link)) {
          Files.createSymbolicLink(link, Path.of("..data", key.getKey()));
        }
      }
      var next = Files.createSymbolicLink(mount.resolve("..data_tmp"), content.getFileName());
      Files.move(
          next,
          mount.resolve("..data"),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The next time that such a line is logged, this happens before the builder goes on. */
  void whenLogged(String words, Runnable event) {
    logEvents.put(words, event);
  }

  /** How many requests the web server got. */
  int sourceRequests() {
    return webServer.getRequestCount();
  }

  Mounts mounts() {
    return new Mounts(folder.resolve("mounts"));
  }

  Run run(String plan) {
    var planFile = folder.resolve("plan.json");
    var terminationFile = folder.resolve("termination");
    var output = new ByteArrayOutputStream();
    var logger = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    var log =
        new ListAppender<ILoggingEvent>() {
          @Override
          protected void append(ILoggingEvent event) {
            super.append(event);
            happen(event.getFormattedMessage());
          }
        };
    log.start();
    logger.addAppender(log);
    long start = System.nanoTime();
    try {
      Files.writeString(planFile, plan);
      int exitCode =
          Main.run(
              planFile,
              Digest.of(Files.readAllBytes(planFile)).toString(),
              terminationFile,
              mounts(),
              SETTINGS,
              RETRIES,
              new PrintStream(output, true, StandardCharsets.UTF_8));
      var time = Duration.ofNanos(System.nanoTime() - start);
      var termination = Wire.read(Files.readAllBytes(terminationFile), Termination.class);
      var text = output.toString(StandardCharsets.UTF_8);
      return new Run(exitCode, termination, text, text(log.list), time);
    } catch (IOException e) {
      throw new AssertionError(e);
    } finally {
      logger.detachAppender(log);
    }
  }

  private void happen(String line) {
    for (var words : List.copyOf(logEvents.keySet())) {
      var event = line.contains(words) ? logEvents.remove(words) : null;
      if (event != null) {
        event.run();
      }
    }
  }

  private static String text(List<ILoggingEvent> events) {
    return List.copyOf(events).stream()
        .filter(event -> event.getLoggerName().startsWith("dev.osimage"))
        .map(event ->
            event.getFormattedMessage()
                + (event.getThrowableProxy() == null
                    ? ""
                    : "\n" + ThrowableProxyUtil.asString(event.getThrowableProxy())))
        .collect(Collectors.joining("\n"));
  }

  @Override
  public void close() {
    webServer.close();
    registryServer.close();
  }
}
