package dev.osimage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a benchmark runs on and with. */
final class Machine {

  private static final Pattern VERSION = Pattern.compile("\\d+\\.\\d+[^\\s,)]*");
  private static final double KIB_PER_GIB = 1 << 20;

  private Machine() {}

  /** Processor, memory, kernel and disk, and what our program may use of it. */
  static Map<String, String> facts(Workplace place, String jvmMemory) throws IOException {
    var facts = new LinkedHashMap<String, String>();
    facts.put("processor", value("/proc/cpuinfo", "model name"));
    facts.put("cores", String.valueOf(Runtime.getRuntime().availableProcessors()));
    var memory = Double.parseDouble(value("/proc/meminfo", "MemTotal").replaceAll("\\D", ""));
    facts.put("memory", "%.1f GiB".formatted(memory / KIB_PER_GIB));
    facts.put("kernel", Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
    facts.put("file system", Files.getFileStore(place.folder()).type());
    facts.put("memory of our JVM", jvmMemory + " with the image's java.args");
    return facts;
  }

  private static String value(String file, String key) throws IOException {
    return Files.readAllLines(Path.of(file)).stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }

  /** Versions of all programs that take part; one that does not start is a failure. */
  static Map<String, String> versions(Workplace place) throws IOException {
    var versions = new LinkedHashMap<String, String>();
    versions.put("JDK", String.valueOf(Runtime.version()));
    versions.put("oras", version(place, "oras", "version"));
    versions.put("distribution 3", version(place, "registry", "--version"));
    versions.put("distribution 2", version(place, "docker-registry", "--version"));
    versions.put("skopeo", version(place, "skopeo", "--version"));
    versions.put("curl", version(place, "curl", "--version"));
    versions.put("zstd", version(place, "zstd", "--version"));
    versions.put("xz", version(place, "xz", "--version"));
    versions.put("gzip", version(place, "gzip", "--version"));
    versions.put("tar", version(place, "tar", "--version"));
    versions.put("nginx", version(place, "nginx", "-v"));
    return versions;
  }

  /** Versions of the programs that a {@link ControlPlane} consists of, and of the JDK. */
  static Map<String, String> clusterVersions(Workplace place) throws IOException {
    var versions = new LinkedHashMap<String, String>();
    versions.put("JDK", String.valueOf(Runtime.version()));
    versions.put("Kubernetes", version(place, "kube-apiserver", "--version"));
    versions.put("etcd", version(place, "etcd", "--version"));
    return versions;
  }

  /** Versions of the programs that {@link Serving} measures and measures with. */
  static Map<String, String> servingVersions(Workplace place) throws IOException {
    var versions = new LinkedHashMap<String, String>();
    versions.put("JDK", String.valueOf(Runtime.version()));
    versions.put("nginx", version(place, "nginx", "-v"));
    versions.put("distribution 3", version(place, "registry", "--version"));
    versions.put("curl", version(place, "curl", "--version"));
    versions.put("wrk", version(place, "bash", "-c", "wrk -v || true"));
    return versions;
  }

  private static String version(Workplace place, String... command) throws IOException {
    var matcher = VERSION.matcher(place.output(command));
    return matcher.find() ? matcher.group() : "unknown";
  }

  /** The commit of these sources. */
  static String commit(Workplace place) throws IOException {
    var project = Path.of("").toAbsolutePath().toString();
    var commit = place.output("git", "-C", project, "rev-parse", "--short=12", "HEAD").strip();
    // What an earlier row has written is no change of what is measured.
    var changes =
        place
            .output("git", "-C", project, "status", "--porcelain")
            .lines()
            .filter(line -> !line.contains("bench/results/"))
            .collect(Collectors.joining());
    return commit + (changes.isEmpty() ? "" : "-dirty");
  }
}
