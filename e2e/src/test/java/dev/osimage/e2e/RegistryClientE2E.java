package dev.osimage.e2e;

import static dev.osimage.e2e.registry.RealRegistry.Kind.DISTRIBUTION_3;
import static dev.osimage.e2e.registry.RealRegistry.Option.BEHIND_NGINX;
import static dev.osimage.e2e.registry.RealRegistry.Option.PASSWORD;
import static dev.osimage.e2e.registry.RealRegistry.Option.TLS;
import static dev.osimage.e2e.registry.RealRegistry.Option.TOKEN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.osimage.e2e.RealRegistriesE2E.Variant;
import dev.osimage.e2e.registry.Peers;
import dev.osimage.e2e.registry.RealRegistry;
import dev.osimage.e2e.registry.RealRegistry.Kind;
import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.Repository;
import dev.osimage.oci.content.DecompressionLimits;
import dev.osimage.oci.http.CaBundle;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import dev.osimage.oci.layout.Copy;
import dev.osimage.oci.layout.Layout;
import dev.osimage.oci.layout.LayoutArchive;
import dev.osimage.oci.registry.PendingBlob;
import dev.osimage.oci.registry.RegistryClient;
import dev.osimage.oci.registry.RegistryException;
import dev.osimage.oci.registry.RegistrySettings;
import dev.osimage.oci.signature.Signer;
import dev.osimage.oci.signature.SigningKey;
import dev.osimage.oci.signature.Verifier;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Our client with the registries of other people: what it writes, their clients read, and back. */
@EnabledIf(
    value = "dev.osimage.e2e.registry.Peers#areBuilt",
    disabledReason = "not all peers are built: see what e2e/local/tools.sh peers says")
@Execution(ExecutionMode.CONCURRENT)
class RegistryClientE2E {

  private static final int MIB = 1 << 20;
  private static final String TITLE = "org.opencontainers.image.title";

  @TempDir Path home;

  static RegistryClient client(RealRegistry registry, String name) {
    var http = new HttpTransport(HttpSettings.of(Map.of()));
    var trusting =
        registry
            .authorityPem()
            .map(pem -> http.trusting(CaBundle.parse(pem.getBytes(UTF_8))))
            .orElse(http);
    var settings = RegistrySettings.ANONYMOUS.withPlainHttp(registry.plainHttp());
    return new RegistryClient(
        trusting,
        Repository.parse(registry.repository(name)),
        registry.credentials().map(settings::withCredentials).orElse(settings));
  }

  private static Descriptor file(String title, byte[] content) {
    return Descriptor.of("application/x-test", content).annotated(Map.of(TITLE, title));
  }

  static Manifest push(RegistryClient client, Map<String, byte[]> files, String tag)
      throws IOException {
    var config = Descriptor.of("application/x-config", new byte[] {'{', '}'});
    client.writeBlob(config, Content.of(new byte[] {'{', '}'}));
    var layers = new ArrayList<Descriptor>();
    for (var entry : files.entrySet()) {
      var layer = file(entry.getKey(), entry.getValue());
      client.writeBlob(layer, Content.of(entry.getValue()));
      layers.add(layer);
    }
    var manifest = Manifest.of(new ImageManifest(config, layers, Map.of()));
    client.writeManifest(manifest);
    client.tag(manifest, tag);
    return manifest;
  }

  static Stream<Variant> everyVariant() {
    return RealRegistriesE2E.everyVariant();
  }

  @ParameterizedTest
  @MethodSource("everyVariant")
  void whatWePushIsReadByOrasCraneAndSkopeo(Variant variant) throws Exception {
    try (var registry = variant.start()) {
      var peers = Peers.of(registry, home);
      var client = client(registry, "a/image");
      var rootfs = TestFiles.random(3 * MIB + 7, 1);
      var streamed = TestFiles.random(2 * MIB + 1, 2);
      try (var blob = uploadOfUnknownLength(client, streamed)) {
        blob.commit();
      }
      var manifest = push(client, Map.of("rootfs", rootfs, "streamed", streamed), "1");
      var image = registry.repository("a/image") + ":1";

      assertThat(peers.crane("digest", image).run()).isEqualTo(manifest.digest() + "\n");
      peers.oras("pull", image, "--output", "pulled").run();
      assertThat(home.resolve("pulled/rootfs")).hasBinaryContent(rootfs);
      assertThat(home.resolve("pulled/streamed")).hasBinaryContent(streamed);
      assertThat(peers.skopeo("inspect", "--raw", "docker://" + image).run())
          .isEqualTo(new String(manifest.bytes(), UTF_8));
    }
  }

  private static PendingBlob uploadOfUnknownLength(RegistryClient client, byte[] content)
      throws IOException {
    return RetryPolicy.DEFAULT.run(
        number -> client.upload(new ByteArrayInputStream(content), OptionalLong.empty(), null));
  }

  @ParameterizedTest
  @MethodSource("everyVariant")
  void whatOrasPushedWePullByTagAndByDigest(Variant variant) throws Exception {
    try (var registry = variant.start()) {
      var peers = Peers.of(registry, home);
      var content = TestFiles.random(variant.has(BEHIND_NGINX) ? MIB - 1 : 2 * MIB, 7);
      Files.write(home.resolve("rootfs"), content);
      var image = registry.repository("image");
      peers.oras("push", image + ":1", "rootfs", "--artifact-type", "application/x-test").run();

      var client = client(registry, "image");
      var manifest = client.manifest("1").orElseThrow();
      var layer = ImageManifest.parse(manifest.bytes()).layers().getFirst();
      client.pullBlob(layer, home.resolve("pulled"));

      assertThat(manifest.digest() + "\n").isEqualTo(peers.crane("digest", image + ":1").run());
      assertThat(home.resolve("pulled")).hasBinaryContent(content);
      try (var blob = client.blob(layer)) {
        assertThat(blob.readAllBytes()).isEqualTo(content);
      }
      assertThat(client.manifest("no-such-tag")).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aBigBlobIsPulledInRanges(Kind kind) throws Exception {
    try (var registry = RealRegistry.start(kind)) {
      var client = client(registry, "image");
      var content = TestFiles.random(80 * MIB + 3, 3);
      var blob = file("rootfs", content);
      client.writeBlob(blob, Content.of(content));
      client.pullBlob(blob, home.resolve("pulled"));

      assertThat(home.resolve("pulled")).hasBinaryContent(content);
      assertThat(home.toFile().list()).containsExactly("pulled");
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void eightWhoAttachAtOnceLoseNothingAndOrasFindsThemAll(Kind kind) throws Exception {
    try (var registry = RealRegistry.start(kind)) {
      var peers = Peers.of(registry, home);
      var subject = push(client(registry, "image"), Map.of(), "1");
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var attached =
            IntStream.range(0, 8)
                .<Future<?>>mapToObj(i ->
                    threads.submit(() -> {
                      attach(client(registry, "image"), subject, "note " + i);
                      return i;
                    }))
                .toList();
        for (var each : attached) {
          each.get();
        }
      }
      Files.writeString(home.resolve("log"), "a log");
      peers
          .oras(
              "attach", registry.repository("image") + ":1", "log", "--artifact-type", "build/log")
          .run();

      var found = client(registry, "image").referrers(subject.digest());
      assertThat(found).hasSize(9);
      assertThat(found)
          .extracting(Descriptor::artifactType)
          .containsOnly("application/x-note", "build/log");
      var discovered =
          peers.oras("discover", registry.repository("image") + ":1", "--format", "json").run();
      assertThat(new ObjectMapper().readTree(discovered).findValues("digest").toString())
          .contains(found.stream().map(referrer -> referrer.digest().toString()).toList());
    }
  }

  private static void attach(RegistryClient client, Manifest subject, String text)
      throws IOException {
    var note = text.getBytes(UTF_8);
    client.writeBlob(MediaTypes.EMPTY_DESCRIPTOR, Content.of(new byte[] {'{', '}'}));
    client.writeBlob(Descriptor.of("text/plain", note), Content.of(note));
    client.writeManifest(
        Manifest.of(
            ImageManifest.referrer(
                "application/x-note",
                List.of(Descriptor.of("text/plain", note)),
                subject.descriptor(),
                Map.of("note", text))));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void whatWeSignBothCosignsVerifyAndWeWhatTheySign(Kind kind) throws Exception {
    try (var registry = RealRegistry.start(kind, TLS)) {
      var peers = Peers.of(registry, home);
      var client = client(registry, "image");
      var subject = push(client, Map.of("rootfs", TestFiles.random(10, 7)), "1");
      var image = registry.repository("image") + "@" + subject.digest();
      var key = SigningKey.generate();
      Files.write(home.resolve("cosign.key"), key.toPem(new byte[0]));
      Files.write(home.resolve("cosign.pub"), key.publicKey().toPem());
      Files.writeString(
          home.resolve("trusted-root.json"),
          "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\"}");

      new Signer(key, client.repository(), client, client, InstantSource.system())
          .sign(subject.digest());

      peers.cosign3("verify", "--key=cosign.pub", "--insecure-ignore-tlog", image).run();
      peers
          .cosign2(
              "verify",
              "--key=cosign.pub",
              "--insecure-ignore-tlog",
              "--trusted-root=trusted-root.json",
              image)
          .run();

      var other = push(client, Map.of("rootfs", TestFiles.random(10, 8)), "2");
      var second = registry.repository("image") + "@" + other.digest();
      peers.cosign2("sign", "--yes", "--key=cosign.key", "--tlog-upload=false", second).run();
      var verifier = new Verifier(List.of(key.publicKey())).requiring(client.repository());
      assertThat(verifier.verify(client, other.digest())).isNotEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Kind.class, names = "GGCR_REFERRERS", mode = EnumSource.Mode.EXCLUDE)
  void aBlobIsMountedFromAnotherRepository(Kind kind) throws Exception {
    try (var registry = RealRegistry.start(kind, TOKEN)) {
      var content = TestFiles.random(MIB, 4);
      var blob = file("rootfs", content);
      client(registry, "from").writeBlob(blob, Content.of(content));
      var target = client(registry, "to");

      assertThat(target.hasBlob(blob)).isFalse();
      assertThat(target.mountBlob(blob.digest(), Repository.parse(registry.repository("from"))))
          .isTrue();
      assertThat(target.hasBlob(blob)).isTrue();
    }
  }

  @Test
  void anUnknownAuthorityAndWrongCredentialsAreToldApart() throws Exception {
    try (var registry = RealRegistry.start(DISTRIBUTION_3, TLS, PASSWORD)) {
      var repository = Repository.parse(registry.repository("image"));
      var blob = file("x", new byte[] {1});
      var stranger =
          new RegistryClient(
              new HttpTransport(HttpSettings.of(Map.of())), repository, RegistrySettings.ANONYMOUS);
      assertThat(catchThrowableOfType(RegistryException.class, () -> stranger.hasBlob(blob)).kind())
          .isEqualTo(RegistryException.Kind.UNTRUSTED);

      var trusting =
          new HttpTransport(HttpSettings.of(Map.of()))
              .trusting(CaBundle.parse(registry.authorityPem().orElseThrow().getBytes(UTF_8)));
      var nobody = new RegistryClient(trusting, repository, RegistrySettings.ANONYMOUS);
      var refused =
          catchThrowableOfType(
              RegistryException.class, () -> nobody.writeBlob(blob, Content.of(new byte[] {1})));
      assertThat(refused.kind()).isEqualTo(RegistryException.Kind.UNAUTHORIZED);
      assertThat(refused).hasMessageContaining("HTTP 401");
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void whatWeCopyToLayoutsAndArchivesSkopeoReadsAndBack(Kind kind) throws Exception {
    try (var registry = RealRegistry.start(kind, TLS)) {
      var peers = Peers.of(registry, home);
      var client = client(registry, "image");
      var manifest = push(client, Map.of("rootfs", TestFiles.random(MIB, 5)), "1");
      attach(client, manifest, "a note");

      var layout = Layout.create(home.resolve("layout"));
      Copy.copy(client, "1", layout, "1", Copy.Options.WITH_REFERRERS);
      var archive = home.resolve("image.oci.tar.xz");
      LayoutArchive.write(layout, List.of(new LayoutArchive.Root("1", "1", true)), archive);

      var copy = registry.repository("copy");
      peers.skopeo("copy", "oci:layout:1", "docker://" + copy + ":layout").run();
      assertThat(peers.crane("digest", copy + ":layout").run()).isEqualTo(manifest.digest() + "\n");
      assertThat(layout.referrers(manifest.digest())).hasSize(1);

      var unpacked =
          LayoutArchive.unpack(archive, home.resolve("unpacked"), DecompressionLimits.DEFAULT);
      var target = client(registry, "back");
      Copy.copy(unpacked, "1", target, "1", Copy.Options.WITH_REFERRERS);
      assertThat(target.manifest("1").orElseThrow()).isEqualTo(manifest);
      assertThat(target.referrers(manifest.digest()))
          .extracting(Descriptor::artifactType)
          .containsExactly("application/x-note");

      peers.skopeo("copy", "docker://" + copy + ":layout", "oci-archive:theirs.tar:1").run();
      var theirs =
          LayoutArchive.unpack(
              home.resolve("theirs.tar"), home.resolve("theirs"), DecompressionLimits.DEFAULT);
      assertThat(theirs.manifest("1").orElseThrow()).isEqualTo(manifest);
    }
  }
}
