package dev.osimage.e2e;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** A cluster that is there, with what its user says of it in environment variables. */
final class GivenCluster implements Cluster {

  static final String ADDRESS = "OSIMAGE_ADDRESS";

  private static final SequencedMap<String, String> NEEDED = new LinkedHashMap<>();
  private static final SequencedMap<String, String> FOR_PASSWORDS = new LinkedHashMap<>();

  static {
    NEEDED.put("KUBECONFIG", "file of the cluster's administrator");
    NEEDED.put("OSIMAGE_IMAGE", "name:tag of this checkout's image, where nodes pull it");
    NEEDED.put("OSIMAGE_REGISTRY", "host:port, plain HTTP without credentials");
    FOR_PASSWORDS.put("OSIMAGE_AUTH_REGISTRY", "host:port, plain HTTP with a password");
    FOR_PASSWORDS.put("OSIMAGE_AUTH_USERNAME", "for that registry");
    FOR_PASSWORDS.put("OSIMAGE_AUTH_PASSWORD", "for that registry");
  }

  private final Map<String, String> environment;
  private final @Nullable ServedFolder files;

  private GivenCluster(Map<String, String> environment) {
    this.environment = environment;
    var address = environment.get(ADDRESS);
    this.files =
        address == null ? null : ServedFolder.startAt(address, Project.file("target/served"));
  }

  /** The cluster of these variables, or an error that names all that are missing. */
  static GivenCluster from(Map<String, String> environment) {
    return new GivenCluster(check(environment));
  }

  /** Returns the variables that are set, or throws with all that is missing or wrong. */
  static Map<String, String> check(Map<String, String> environment) {
    var given = new LinkedHashMap<>(environment);
    given.values().removeIf(String::isBlank);
    var wrong = new ArrayList<String>();
    NEEDED.forEach((name, meaning) -> require(given, name, meaning).ifPresent(wrong::add));
    if (FOR_PASSWORDS.keySet().stream().anyMatch(given::containsKey)) {
      FOR_PASSWORDS.forEach((name, meaning) -> require(given, name, meaning).ifPresent(wrong::add));
    }
    if (!wrong.isEmpty()) {
      throw new IllegalStateException(
          "OSIMAGE_CLUSTER=kubeconfig needs what is not set:\n  " + String.join("\n  ", wrong));
    }
    checkValues(given);
    return given;
  }

  private static Optional<String> require(Map<String, String> given, String name, String meaning) {
    return given.containsKey(name) ? Optional.empty() : Optional.of(name + ": " + meaning);
  }

  private static void checkValues(Map<String, String> given) {
    var kubeconfig = Path.of(given.getOrDefault("KUBECONFIG", ""));
    if (!kubeconfig.isAbsolute() || !Files.isRegularFile(kubeconfig)) {
      throw new IllegalStateException(
          "KUBECONFIG=%s: not one file with its absolute path".formatted(kubeconfig));
    }
    var image = given.getOrDefault("OSIMAGE_IMAGE", "");
    if (!image.substring(image.lastIndexOf('/') + 1).contains(":")) {
      throw new IllegalStateException("OSIMAGE_IMAGE=%s: has no tag".formatted(image));
    }
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
    return new PasswordRegistry(
        variable("OSIMAGE_AUTH_REGISTRY"),
        variable("OSIMAGE_AUTH_USERNAME"),
        variable("OSIMAGE_AUTH_PASSWORD"));
  }

  @Override
  public String address() {
    return variable(ADDRESS);
  }

  @Override
  public String load(Path ociArchive) {
    return variable("OSIMAGE_IMAGE");
  }

  @Override
  public URI serve(String name, Path file) {
    if (files == null) {
      throw notSet(ADDRESS);
    }
    return files.add(name, file);
  }

  @Override
  public void kill(String podUid) {
    throw new UnsupportedByCluster(
        "OSIMAGE_CLUSTER=kubeconfig: a kubeconfig does not let a pod's processes be killed on its node");
  }

  private String variable(String name) {
    var value = environment.get(name);
    if (value == null) {
      throw notSet(name);
    }
    return value;
  }

  private static UnsupportedByCluster notSet(String name) {
    return new UnsupportedByCluster("OSIMAGE_CLUSTER=kubeconfig: %s is not set".formatted(name));
  }
}
