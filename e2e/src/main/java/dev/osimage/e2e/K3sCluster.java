package dev.osimage.e2e;

import com.github.dockerjava.api.model.ContainerNetwork;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerFetchException;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.images.RemoteDockerImage;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/**
 * k3s and two registries as containers of one Docker network. Pods and this process reach
 * registries at the containers' own addresses, and pods reach this process at the network's
 * gateway: so the Docker daemon has to be this machine's own. All of it ends with this process.
 */
final class K3sCluster implements Cluster {

  private static final DockerImageName IMAGE = DockerImageName.parse("rancher/k3s:v1.36.3-k3s1");
  private static final DockerImageName REGISTRY_IMAGE = DockerImageName.parse("registry:3.0.0");
  private static final int REGISTRY_PORT = 5000;

  private static final String USERNAME = "builder";
  private static final String PASSWORD = "s3cret-for-tests";
  private static final String HTPASSWD =
      USERNAME + ":$2y$05$XZK..LnQnRQKpj6lNyGREeo0KrVaqNTlyxuhNqTwlO7efFnBwbgYK\n";

  // No cache: the one in memory still answers for blobs that a test deleted.
  private static final String REGISTRY_SETTINGS =
      """
      version: 0.1
      storage:
        filesystem: {rootdirectory: /var/lib/registry}
        delete: {enabled: true}
      http: {addr: ":%d", secret: osimage-e2e}
      """
          .formatted(REGISTRY_PORT);

  private static final String PASSWORD_SETTINGS =
      """
      auth:
        htpasswd: {realm: osimage, path: /etc/htpasswd}
      """;

  // The uid stands in a cgroup's name as it is, or, where systemd makes them, with underscores.
  private static final String KILL =
      """
      for process in /proc/[0-9]*; do
        if grep -q -e "$1" -e "$(echo "$1" | tr - _)" "$process/cgroup" 2>/dev/null &&
          [ "$(basename "$(readlink "$process/exe")")" = java ]; then
          kill -9 "${process#/proc/}" || true
        fi
      done
      """;

  private static final Pattern UNPACKED =
      Pattern.compile("^unpacking (\\S+) \\(", Pattern.MULTILINE);

  private final K3sContainer k3s;
  private final String address;
  private final GenericContainer<?> registry;
  private final GenericContainer<?> passwordRegistry;
  private final Path kubeconfig;
  private final ServedFolder files;

  private K3sCluster(
      K3sContainer k3s,
      String address,
      GenericContainer<?> registry,
      GenericContainer<?> passwordRegistry)
      throws IOException {
    this.k3s = k3s;
    this.address = address;
    this.registry = registry;
    this.passwordRegistry = passwordRegistry;
    var folder = Files.createDirectories(Project.file("target/k3s"));
    this.kubeconfig = Files.writeString(folder.resolve("kubeconfig"), k3s.getKubeConfigYaml());
    this.files = ServedFolder.startAt(address, folder.resolve("files"));
  }

  /** Whether a Docker daemon answers that has the image of k3s or can pull it. */
  static boolean isPossible() {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      return false;
    }
    try {
      new RemoteDockerImage(IMAGE).get();
      return true;
    } catch (ContainerFetchException e) {
      return false;
    }
  }

  /** Starts it; takes about a minute, and more when images have to be pulled. */
  static K3sCluster start() {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      throw new IllegalStateException(
          "OSIMAGE_CLUSTER=k3s: no Docker daemon answers (DOCKER_HOST, or else /var/run/docker.sock)");
    }
    var network = Network.newNetwork();
    var k3s = new K3sContainer(IMAGE).withNetwork(network);
    k3s.start();
    try {
      return new K3sCluster(
          k3s,
          ownAddress(endpoint(k3s).getGateway()),
          registry(network, REGISTRY_SETTINGS),
          registry(network, REGISTRY_SETTINGS + PASSWORD_SETTINGS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The gateway, which is an address of this machine if Docker's network is. */
  private static String ownAddress(@Nullable String gateway) throws IOException {
    if (gateway == null
        || NetworkInterface.getByInetAddress(InetAddress.ofLiteral(gateway)) == null) {
      throw new IllegalStateException(
          "OSIMAGE_CLUSTER=k3s: pods could not reach this process, because the gateway of Docker's network (%s) is no address of this machine or network namespace; try OSIMAGE_CLUSTER=local"
              .formatted(gateway));
    }
    return gateway;
  }

  private static GenericContainer<?> registry(Network network, String settings) {
    var registry =
        new GenericContainer<>(REGISTRY_IMAGE)
            .withNetwork(network)
            .withExposedPorts(REGISTRY_PORT)
            .withEnv("OTEL_TRACES_EXPORTER", "none")
            .withCopyToContainer(Transferable.of(HTPASSWD), "/etc/htpasswd")
            .withCopyToContainer(Transferable.of(settings), "/etc/registry.yml")
            .withCommand("/etc/registry.yml");
    registry.start();
    return registry;
  }

  @Override
  public Path kubeconfig() {
    return kubeconfig;
  }

  @Override
  public String registry() {
    return host(registry);
  }

  @Override
  public PasswordRegistry passwordRegistry() {
    return new PasswordRegistry(host(passwordRegistry), USERNAME, PASSWORD);
  }

  @Override
  public String address() {
    return address;
  }

  @Override
  public String load(Path ociArchive) {
    k3s.copyFileToContainer(MountableFile.forHostPath(ociArchive), "/image.tar");
    return imageName(
        inNode(
            "ctr",
            "--address=/run/k3s/containerd/containerd.sock",
            "--namespace=k8s.io",
            "images",
            "import",
            "--local",
            "/image.tar"));
  }

  /** The image that {@code ctr images import} says it unpacked. */
  static String imageName(String output) {
    var unpacked = UNPACKED.matcher(output);
    if (!unpacked.find()) {
      throw new IllegalStateException("ctr names no image:\n" + output);
    }
    return unpacked.group(1);
  }

  @Override
  public URI serve(String name, Path file) {
    return files.add(name, file);
  }

  @Override
  public void kill(String podUid) {
    inNode("sh", "-c", KILL, "kill", podUid);
  }

  private String inNode(String... command) {
    try {
      var result = k3s.execInContainer(command);
      var output = result.getStdout() + result.getStderr();
      if (result.getExitCode() != 0) {
        throw new IllegalStateException("%s failed in k3s:%n%s".formatted(command[0], output));
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String host(GenericContainer<?> registry) {
    return endpoint(registry).getIpAddress() + ":" + REGISTRY_PORT;
  }

  /** What a container has in the one network that it is in. */
  private static ContainerNetwork endpoint(GenericContainer<?> container) {
    return container
        .getContainerInfo()
        .getNetworkSettings()
        .getNetworks()
        .values()
        .iterator()
        .next();
  }
}
