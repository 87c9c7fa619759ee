package dev.osimage.e2e;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** The cluster that {@code e2e/local/cluster.sh} runs in a network namespace of its own. */
final class LocalCluster implements Cluster {

  private static final Path SCRIPT = Project.file("e2e/local/cluster.sh");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Map<String, String> environment;

  private LocalCluster(Map<String, String> environment) {
    this.environment = environment;
  }

  static LocalCluster running() {
    Command.of(SCRIPT, "status").within(PATIENCE).run();
    var environment = new HashMap<String, String>();
    for (var line : Command.of(SCRIPT, "env").within(PATIENCE).run().lines().toList()) {
      int equals = line.indexOf('=');
      environment.put(line.substring(0, equals), line.substring(equals + 1).replace("'", ""));
    }
    return new LocalCluster(environment);
  }

  @Override
  public Path kubeconfig() {
    return Path.of(variable("KUBECONFIG"));
  }

  @Override
  public String registry() {
    return variable("OSIMAGE_REGISTRY");
  }

  @Override
  public PasswordRegistry passwordRegistry() {
    return new PasswordRegistry(variable("OSIMAGE_AUTH_REGISTRY"), "builder", "s3cret-for-tests");
  }

  @Override
  public String address() {
    return URI.create(variable("OSIMAGE_FILES_URL")).getHost();
  }

  @Override
  public String load(Path ociArchive) {
    return Command.of(SCRIPT, "load", ociArchive.toString())
        .within(PATIENCE)
        .run()
        .lines()
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  @Override
  public URI serve(String name, Path file) {
    var folder = Path.of(variable("OSIMAGE_FILES_DIR"));
    return new ServedFolder(folder, URI.create(variable("OSIMAGE_FILES_URL"))).add(name, file);
  }

  @Override
  public void kill(String podUid) {
    // The container's processes are this machine's; their cgroup says whose they are.
    ProcessHandle.allProcesses()
        .filter(process -> cgroupOf(process).contains(podUid))
        .filter(process -> process.info().command().orElse("").endsWith("/java"))
        .forEach(ProcessHandle::destroyForcibly);
  }

  private static String cgroupOf(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", String.valueOf(process.pid()), "cgroup"));
    } catch (IOException e) {
      // It ended meanwhile.
      return "";
    }
  }

  private String variable(String name) {
    var value = environment.get(name);
    if (value == null) {
      throw new IllegalStateException(SCRIPT + " env does not say " + name);
    }
    return value;
  }
}
