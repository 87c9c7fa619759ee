package dev.osimage.e2e;

import dev.osimage.api.OsImage;
import dev.osimage.oci.Digest;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * The main job before one's eyes: installs the operator from its chart, applies an OsImage made of
 * a real kernel, initramfs and squashfs, and boots a machine that is told one URL of its status.
 * The cluster stays as it is for people to try more.
 */
public final class Demo {

  private static final String NAMESPACE = "demo";
  private static final String NAME = "debian";
  private static final String COMMAND_LINE =
      "ro console=ttyS0,115200 panic=-1 osimage.demo=yes osimage.squashfs=${squashfs-url}";

  private final Cluster cluster;
  private final Path work;

  private Demo(Cluster cluster, Path work) {
    this.cluster = cluster;
    this.work = work;
  }

  public static void main(String[] args) throws IOException {
    var work = Project.file("target/demo");
    Command.of("rm", "-rf", work.toString()).run();
    Files.createDirectories(work);
    int exit = 0;
    try {
      new Demo(Cluster.running(), work).run();
    } catch (IllegalStateException e) {
      System.err.println("demo: " + e.getMessage());
      exit = 1;
    } finally {
      Command.of("rm", "-rf", work.toString()).run();
    }
    System.exit(exit);
  }

  private void run() throws IOException {
    var image = step("load the container image", () -> cluster.load(Project.image()));
    step(
        "install the operator and its boot gateway with helm, under Pod Security restricted",
        () -> {
          Chart.install(
              cluster, image, Project.imageDigest(), Chart.gateway(cluster).toArray(String[]::new));
          return "";
        });
    var kubectl = new Kubectl(cluster, NAMESPACE);
    var files = work.resolve("files");
    step(
        "take a kernel, an initramfs and a squashfs",
        () -> {
          Machine.makeFiles(files);
          return "";
        });
    kubectl.restrictedNamespace();
    var yaml = manifest(files);
    System.out.println("\n" + yaml.indent(4));
    kubectl.apply(yaml);
    step(
        "wait for Ready (kubectl wait --for=condition=Ready)",
        () -> kubectl.run("wait", "--for=condition=Ready", "--timeout=5m", "osimage/" + NAME));
    System.out.println();
    System.out.println(kubectl.run("get", "osimages", "-o", "wide").indent(4));
    boot(files);
    farewell();
  }

  private String manifest(Path files) {
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata:
      name: %s
      namespace: %s
    spec:
      architecture: amd64
      commandLine: "%s"
      files:
        kernel:
          http:
            url: %s
            digest: %s
        initramfs:
          http:
            url: %s
            digest: %s
        squashfs:
          http:
            url: %s
            digest: %s
      destination:
        repository: %s/demo/debian
        tags: [bookworm-amd64]
        plainHTTP: true
    """
        .formatted(
            NAME,
            NAMESPACE,
            COMMAND_LINE,
            serve(files.resolve("vmlinuz")),
            digest(files.resolve("vmlinuz")),
            serve(files.resolve("initramfs.cpio.gz")),
            digest(files.resolve("initramfs.cpio.gz")),
            serve(files.resolve("rootfs.squashfs")),
            digest(files.resolve("rootfs.squashfs")),
            cluster.registry());
  }

  private void boot(Path files) throws IOException {
    step(
        "wait for the boot gateway (condition BootURLsReachable)",
        () ->
            new Kubectl(cluster, NAMESPACE)
                .run(
                    "wait",
                    "--for=condition=BootURLsReachable",
                    "--timeout=2m",
                    "osimage/" + NAME));
    var boot = osImage().getStatus().boot();
    var script = boot == null ? null : boot.ipxeURL();
    var squashfsUrl = boot == null ? null : boot.squashfsURL();
    if (script == null || squashfsUrl == null) {
      throw new IllegalStateException("the status has no boot URLs");
    }
    var squashfs = work.resolve("squashfs");
    fetch(squashfsUrl, squashfs);
    same(squashfs, files.resolve("rootfs.squashfs"));
    System.out.println(
        "    status.boot.squashfsURL: SHA-256 as in the source file%n    status.boot.ipxeURL: %s%n"
            .formatted(script));
    var log = work.resolve("console");
    var console =
        step(
            "boot a machine without a disk that is led to the last URL (QEMU, no KVM)",
            () -> Machine.bootWithIpxe(script, log));
    System.out.println();
    Machine.fetched(log).forEach(url -> System.out.println("    iPXE fetched " + url));
    System.out.println(console.indent(4));
    if (!console.contains("osimage.demo=yes")) {
      throw new IllegalStateException("the machine booted with another command line");
    }
  }

  private OsImage osImage() {
    try (KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(cluster.kubeconfig().toFile()))
            .build()) {
      return client.resources(OsImage.class).inNamespace(NAMESPACE).withName(NAME).get();
    }
  }

  private URI serve(Path file) {
    return cluster.serve("demo/" + file.getFileName(), file);
  }

  private static Digest digest(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return Digest.of(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void same(Path fetched, Path source) {
    if (!digest(fetched).equals(digest(source))) {
      throw new IllegalStateException(fetched + " differs from " + source);
    }
  }

  private static void fetch(String url, Path target) throws IOException {
    try (var http = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofMinutes(1)).build();
      var response = http.send(request, BodyHandlers.ofFile(target));
      if (response.statusCode() != 200) {
        throw new IllegalStateException(url + " answers HTTP " + response.statusCode());
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private interface Work<T> {
    T run() throws IOException;
  }

  private static <T> T step(String what, Work<T> work) throws IOException {
    System.out.printf("demo: %s ...%n", what);
    var start = Instant.now();
    var result = work.run();
    long millis = Duration.between(start, Instant.now()).toMillis();
    System.out.printf("demo: done in %.1f s%n", millis / 1000.0);
    return result;
  }

  private void farewell() {
    System.out.println(
        """
        What happened: the OsImage above became one OCI artifact in the registry %s,
        its status named the URL of a boot script, and with that a machine fetched kernel,
        initramfs and squashfs from the boot gateway, and mounted its root.

        The cluster is still there. Try:

            export KUBECONFIG=$(make -s kubeconfig) PATH=%s:$PATH
            kubectl -n demo get osimages
            kubectl -n demo describe osimage debian
            kubectl explain osimage.spec.files
            kubectl -n demo edit osimage debian      # change commandLine, and watch:
            kubectl -n demo get osimages --watch
            skopeo inspect --raw --tls-verify=false docker://%s/demo/debian:bookworm-amd64

        make demo-down removes all of it.\
        """
            .formatted(cluster.registry(), Project.tools(), cluster.registry()));
  }
}
