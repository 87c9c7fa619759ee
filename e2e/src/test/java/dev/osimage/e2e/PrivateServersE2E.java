package dev.osimage.e2e;

import static dev.osimage.e2e.registry.RealRegistry.Kind.DISTRIBUTION_2;
import static dev.osimage.e2e.registry.RealRegistry.Kind.DISTRIBUTION_3;
import static dev.osimage.e2e.registry.RealRegistry.Option.BEHIND_NGINX;
import static dev.osimage.e2e.registry.RealRegistry.Option.TLS;
import static dev.osimage.e2e.registry.RealRegistry.Option.TOKEN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.osimage.e2e.registry.Peers;
import dev.osimage.e2e.registry.RealRegistry;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.content.Compression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Registries and web servers as they stand in data centres: private authorities, credentials. */
@EnabledIf(
    value = "dev.osimage.e2e.registry.Peers#areBuilt",
    disabledReason = "not all peers are built: see what e2e/local/tools.sh peers says")
class PrivateServersE2E {

  private static final byte[] KERNEL = TestFiles.kernel(300_000, 21);
  private static final byte[] ROOTFS = TestFiles.random(3 << 20, 22);

  @TempDir Path home;

  /** A web server with TLS by an authority of its own that wants a user name and password. */
  private static final class PrivateWeb implements AutoCloseable {

    final HeldCertificate authority = new HeldCertificate.Builder().certificateAuthority(0).build();
    final AtomicInteger reads = new AtomicInteger();
    private final HttpsServer server;

    PrivateWeb(String address, byte[] content) throws IOException {
      var certificate =
          new HeldCertificate.Builder()
              .signedBy(authority)
              .addSubjectAlternativeName(address)
              .build();
      var tls = new HandshakeCertificates.Builder().heldCertificate(certificate).build();
      server = HttpsServer.create(new InetSocketAddress(address, 0), 0);
      server.setHttpsConfigurator(new HttpsConfigurator(tls.sslContext()));
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      var context =
          server.createContext(
              "/",
              exchange -> {
                try (exchange) {
                  reads.incrementAndGet();
                  exchange.sendResponseHeaders(200, content.length);
                  exchange.getResponseBody().write(content);
                }
              });
      context.setAuthenticator(
          new BasicAuthenticator("images") {
            @Override
            public boolean checkCredentials(String user, String password) {
              return user.equals("images") && password.equals("s3cret");
            }
          });
      server.start();
    }

    String url(String name) {
      var address = server.getAddress();
      return "https://%s:%d/%s".formatted(address.getHostString(), address.getPort(), name);
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  private static byte[] compressed(Compression compression, byte[] content) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var stream = compression.compress(out)) {
      stream.write(content);
    }
    return out.toByteArray();
  }

  /** The same bytes whenever it is made. */
  private static byte[] archive() throws IOException {
    var out = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(out)) {
      for (var member :
          Map.of(
                  "./boot/vmlinuz",
                  KERNEL,
                  "images/root.raw.zst",
                  compressed(Compression.ZSTD, ROOTFS),
                  "images/root.raw.xz",
                  compressed(Compression.XZ, ROOTFS))
              .entrySet()) {
        var entry = new TarArchiveEntry(member.getKey());
        entry.setSize(member.getValue().length);
        entry.setModTime(0);
        tar.putArchiveEntry(entry);
        tar.write(member.getValue());
        tar.closeArchiveEntry();
      }
    }
    return compressed(Compression.GZIP, out.toByteArray());
  }

  private static void createSecrets(Workspace workspace, Peers peers) {
    var kubectl = workspace.kubectl;
    kubectl.run(
        "create",
        "secret",
        "generic",
        "registry",
        "--type=kubernetes.io/dockerconfigjson",
        "--from-file=.dockerconfigjson=" + peers.dockerConfig());
    kubectl.run(
        "create",
        "secret",
        "generic",
        "web",
        "--type=kubernetes.io/basic-auth",
        "--from-literal=username=images",
        "--from-literal=password=s3cret");
  }

  private void createAuthority(Workspace workspace, String name, String pem) throws IOException {
    var file = Files.writeString(home.resolve(name + ".crt"), pem);
    workspace.kubectl.run("create", "configmap", name, "--from-file=ca.crt=" + file);
  }

  private static String yaml(RealRegistry registry, PrivateWeb web, Digest digest, String ca) {
    var source =
        "http: {url: \"%s\", digest: \"%s\", secretRef: {name: web}, caBundleRef: {name: web-ca}}"
            .formatted(web.url("debian.tar.gz"), digest);
    return """
    apiVersion: osimage.dev/v1alpha1
    kind: OsImage
    metadata: {name: private}
    spec:
      architecture: amd64
      files:
        kernel: {%s, path: boot/vmlinuz}
        rootfs: {%s, path: images/root.raw.zst, digest: "%s"}
        squashfs: {%s, path: images/root.raw.xz}
      destination:
        repository: "%s"
        tags: [v1-amd64]
        secretRef: {name: registry}
        caBundleRef: {name: %s}
    """
        .formatted(source, source, Digest.of(ROOTFS), source, registry.repository("debian"), ca);
  }

  @Test
  void threePartsOfOnePrivateArchiveGoToAPrivateRegistryWithTokens() throws Exception {
    try (var workspace = Workspace.open("private");
        var web = new PrivateWeb(workspace.cluster.address(), archive());
        var registry =
            RealRegistry.startAt(workspace.cluster.address(), DISTRIBUTION_3, TLS, TOKEN)) {
      var peers = Peers.of(registry, home);
      createSecrets(workspace, peers);
      createAuthority(workspace, "web-ca", web.authority.certificatePem());
      createAuthority(workspace, "registry-ca", registry.authorityPem().orElseThrow());
      workspace.apply(yaml(registry, web, Digest.of(archive()), "registry-ca"));

      var status = workspace.awaitReady("private").getStatus();

      var image = registry.repository("debian") + ":v1-amd64";
      // skopeo, because crane asks no private address for a token.
      var bytes = peers.skopeo("inspect", "--raw", "docker://" + image).run().getBytes(UTF_8);
      assertThat(Digest.of(bytes).toString())
          .isEqualTo(Objects.requireNonNull(status.artifact()).digest());
      var manifest = ImageManifest.parse(bytes);
      assertThat(manifest.layers())
          .extracting(Descriptor::digest)
          .containsExactly(Digest.of(ROOTFS), Digest.of(KERNEL), Digest.of(ROOTFS));
      assertThat(web.reads).as("the archive is read once for all parts").hasValue(1);
      assertNoSecretIsShown(workspace, registry);
    }
  }

  private static void assertNoSecretIsShown(Workspace workspace, RealRegistry registry) {
    var password = registry.credentials().orElseThrow().password();
    var shown =
        workspace.kubectl.run("get", "osimages,jobs,pods,configmaps,events", "-o", "yaml")
            + workspace.kubectl.run("logs", workspace.pods().getFirst().getMetadata().getName());
    assertThat(shown).doesNotContain(password, "s3cret");
  }

  @Test
  void anAuthorityThatIsMissingOrWrongIsSaidAndTheRightOneHelps() throws Exception {
    try (var workspace = Workspace.open("authority");
        var web = new PrivateWeb(workspace.cluster.address(), archive());
        var registry =
            RealRegistry.startAt(workspace.cluster.address(), DISTRIBUTION_3, TLS, TOKEN)) {
      createSecrets(workspace, Peers.of(registry, home));
      createAuthority(workspace, "web-ca", web.authority.certificatePem());
      workspace.apply(yaml(registry, web, Digest.of(archive()), "web-ca"));

      var stalled = workspace.awaitStalled("private");
      assertThat(stalled.reason()).isEqualTo("UntrustedCertificate");
      assertThat(stalled.message()).contains("destination.caBundleRef");

      workspace.apply(yaml(registry, web, Digest.of(archive()), "registry-ca"));
      workspace.await(
          "private",
          "stalled without its ConfigMap",
          image ->
              Workspace.condition(image, "Stalled")
                  .filter(condition -> condition.reason().equals("CABundleUnusable"))
                  .isPresent());
      createAuthority(workspace, "registry-ca", registry.authorityPem().orElseThrow());
      workspace.awaitReady("private");
    }
  }

  @Test
  void aProxyThatTakesOneMebibyteAtATimeStopsNobody() throws Exception {
    try (var workspace = Workspace.open("proxy");
        var sources = new SourceServer(workspace.cluster);
        var registry =
            RealRegistry.startAt(workspace.cluster.address(), DISTRIBUTION_2, BEHIND_NGINX)) {
      workspace.apply(
          """
          apiVersion: osimage.dev/v1alpha1
          kind: OsImage
          metadata: {name: proxied}
          spec:
            architecture: amd64
            files:
              rootfs: %s
            destination: {repository: "%s", plainHTTP: true}
          """
              .formatted(sources.publish("root.raw", ROOTFS), registry.repository("debian")));

      var parts = Objects.requireNonNull(workspace.awaitReady("proxied").getStatus().parts());
      assertThat(parts.getFirst().digest()).isEqualTo(Digest.of(ROOTFS).toString());
      assertThat(List.copyOf(workspace.jobs())).as("one attempt").hasSize(1);
    }
  }
}
