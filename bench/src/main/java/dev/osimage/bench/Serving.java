package dev.osimage.bench;

import dev.osimage.bench.GatewayResult.Cached;
import dev.osimage.bench.GatewayResult.Cold;
import dev.osimage.bench.GatewayResult.Fetch;
import dev.osimage.bench.GatewayResult.Load;
import dev.osimage.bench.Inputs.Input;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * The row {@link Row#GATEWAY}: a boot gateway serves a part out of its cache, beside nginx, and one
 * that it has to fetch first, beside the registry. There is no API server: the gateway knows the
 * artifact from the catalog that it keeps on its disk.
 */
final class Serving {

  private static final List<Integer> CLIENTS = List.of(1, 16, 128);
  private static final long SMALL = 64L << 20;
  private static final long LARGE = 1L << 30;
  private static final double MIB = 1 << 20;
  private static final double MIB_PER_GIB = 1024;
  private static final double NANOS = 1e9;

  /** How long a load takes: 128 clients have a few rounds then. */
  private static final int SECONDS = 15;

  /** Bytes that arrive in memory, as in a machine that boots. */
  private static final Path MEMORY = Path.of("/dev/shm");

  private final Workplace place;
  private final Options options;
  private final PrintStream out;
  private final Input small;
  private final Input large;

  private Serving(Workplace place, Options options, PrintStream out, Input small, Input large) {
    this.place = place;
    this.options = options;
    this.out = out;
    this.small = small;
    this.large = large;
  }

  static GatewayResult run(Workplace place, Options options, PrintStream out) throws IOException {
    out.println(Row.GATEWAY.text() + ": making the input");
    Java.installImage(place);
    var inputs = new Inputs(place);
    inputs.text("config.json", "{}");
    var small = inputs.random("kernel", options.scaled(SMALL));
    var large = inputs.random("rootfs", options.scaled(LARGE));
    return new Serving(place, options, out, small, large).measure();
  }

  private GatewayResult measure() throws IOException {
    var date = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    var cold = new ArrayList<Cold>();
    for (var kind : RegistryKind.ALL) {
      out.println(Row.GATEWAY.text() + ": cold, from " + kind.title());
      Stage.fill(place, kind, this::push);
      cold.add(cold(kind));
    }
    return new GatewayResult(
        date,
        Machine.commit(place),
        options.scale(),
        Machine.facts(place, Java.SERVER_MEMORY),
        Machine.servingVersions(place),
        cached(RegistryKind.ALL.getLast()),
        cold);
  }

  private Command push(String reference) {
    return Command.of(
        "oras",
        "push",
        "--no-tty",
        "--plain-http",
        "--config",
        "in/config.json:application/json",
        reference,
        small.file() + ":application/octet-stream",
        large.file() + ":application/octet-stream");
  }

  private Cold cold(RegistryKind kind) throws IOException {
    var ours = new ArrayList<Fetch>();
    var theirs = new ArrayList<Fetch>();
    for (int i = 0; i < options.pairs(); i++) {
      ours.add(Contest.quiet(options, () -> throughGateway(kind), Fetch::quiet));
      out.println("  ours    " + ours.getLast().text());
      theirs.add(Contest.quiet(options, () -> fromRegistry(kind), Fetch::quiet));
      out.println("  theirs  " + theirs.getLast().text());
    }
    return new Cold(kind.title(), ours, theirs);
  }

  private Fetch throughGateway(RegistryKind kind) throws IOException {
    try (var stage = Stage.open(place, kind, false);
        var gateway =
            GatewayProcess.start(place, stage.sourceRepository(), List.of(small, large))) {
      // It has served others before, in the life of a gateway.
      fetch(gateway.url(small), small);
      place.run(Command.of("sync"));
      double before = gateway.cpu();
      var fetch = fetch(gateway.url(large), large);
      return new Fetch(
          fetch.seconds(),
          gateway.cpu() - before,
          gateway.peakMib(),
          fetch.foreignCpu(),
          fetch.quiet());
    }
  }

  private Fetch fromRegistry(RegistryKind kind) throws IOException {
    try (var stage = Stage.open(place, kind, false)) {
      fetch(stage.sourceBlob(small.digest()), small);
      return fetch(stage.sourceBlob(large.digest()), large);
    }
  }

  /** Downloads once, and compares what came. */
  private Fetch fetch(String url, Input expected) throws IOException {
    var file = Files.createTempFile(MEMORY, "osimage-bench-", "");
    try {
      var before = CpuTimes.now();
      var usage = place.time(Command.of("curl", "-sSf", "-o", file.toString(), url));
      var disturbance = Disturbance.between(before, CpuTimes.now(), usage.wall());
      Store.checkFile(file, expected.digest());
      return new Fetch(usage.wall(), 0, 0, disturbance.foreign(), disturbance.isSmall());
    } finally {
      Files.delete(file);
    }
  }

  private List<Cached> cached(RegistryKind kind) throws IOException {
    var cached = new ArrayList<Cached>();
    try (var stage = Stage.open(place, kind, false);
        var gateway = GatewayProcess.start(place, stage.sourceRepository(), List.of(small, large));
        var nginx = WebServer.start(place, Runtime.getRuntime().availableProcessors())) {
      var theirs = "http://" + nginx.host() + "/" + small.file();
      // Both have been asked before: what is compiled at run time is.
      fetch(gateway.url(small), small);
      fetch(theirs, small);
      load(gateway.server(), gateway.url(small), CLIENTS.getLast());
      load(nginx, theirs, CLIENTS.getLast());
      for (int clients : CLIENTS) {
        out.println("%s: cached, %d clients".formatted(Row.GATEWAY.text(), clients));
        var loads = new Cached(clients, new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < options.pairs(); i++) {
          loads.ours().add(quietLoad(gateway.server(), gateway.url(small), clients));
          out.println("  ours    " + loads.ours().getLast().text());
          loads.theirs().add(quietLoad(nginx, theirs, clients));
          out.println("  theirs  " + loads.theirs().getLast().text());
        }
        cached.add(loads);
      }
      fetch(gateway.url(small), small);
    }
    return cached;
  }

  private Load quietLoad(Server server, String url, int clients) throws IOException {
    return Contest.quiet(options, () -> load(server, url, clients), Load::quiet);
  }

  private Load load(Server server, String url, int clients) throws IOException {
    var before = CpuTimes.now();
    double cpu = server.cpu();
    long start = System.nanoTime();
    var wrk = Wrk.load(place, url, clients, (int) Math.max(2, options.scaled(SECONDS)));
    double wall = (System.nanoTime() - start) / NANOS;
    double used = server.cpu() - cpu;
    var disturbance = Disturbance.between(before, CpuTimes.now(), wall);
    double mib = wrk.requests() * Files.size(place.path(small.file())) / MIB;
    return new Load(
        mib / wrk.seconds(),
        wrk.p99(),
        used / (mib / MIB_PER_GIB),
        disturbance.foreign(),
        disturbance.isSmall());
  }
}
