package dev.osimage.e2e;

import static dev.osimage.e2e.registry.RealRegistry.Kind.DISTRIBUTION_2;
import static dev.osimage.e2e.registry.RealRegistry.Kind.DISTRIBUTION_3;
import static dev.osimage.e2e.registry.RealRegistry.Kind.GGCR_REFERRERS;
import static dev.osimage.e2e.registry.RealRegistry.Option.BEHIND_NGINX;
import static dev.osimage.e2e.registry.RealRegistry.Option.PASSWORD;
import static dev.osimage.e2e.registry.RealRegistry.Option.TLS;
import static dev.osimage.e2e.registry.RealRegistry.Option.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.e2e.registry.Peers;
import dev.osimage.e2e.registry.RealRegistry;
import dev.osimage.e2e.registry.RealRegistry.Kind;
import dev.osimage.e2e.registry.RealRegistry.Option;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import okhttp3.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The registries and clients of other people work with each other: what the other proofs rest on.
 */
@EnabledIf(
    value = "dev.osimage.e2e.registry.Peers#areBuilt",
    disabledReason = "not all peers are built: see what e2e/local/tools.sh peers says")
@Execution(ExecutionMode.CONCURRENT)
class RealRegistriesE2E {

  private static final int MIB = 1 << 20;

  @TempDir Path home;

  /** A registry's settings. */
  record Variant(Kind kind, List<Option> options) {

    RealRegistry start() {
      return RealRegistry.start(kind, options.toArray(Option[]::new));
    }

    boolean has(Option option) {
      return options.contains(option);
    }
  }

  static Stream<Variant> everyVariant() {
    var distribution =
        Stream.of(DISTRIBUTION_2, DISTRIBUTION_3)
            .flatMap(kind ->
                Stream.<List<Option>>of(List.of(), List.of(PASSWORD), List.of(TOKEN))
                    .map(authentication -> new Variant(kind, authentication)));
    return Stream.concat(distribution, Stream.of(new Variant(GGCR_REFERRERS, List.of())))
        .flatMap(variant -> Stream.of(variant, with(variant, TLS)))
        .flatMap(variant -> Stream.of(variant, with(variant, BEHIND_NGINX)));
  }

  private static Variant with(Variant variant, Option option) {
    return new Variant(
        variant.kind(), Stream.concat(variant.options().stream(), Stream.of(option)).toList());
  }

  static Stream<Variant> askingVariants() {
    return directVariants().filter(variant -> variant.has(PASSWORD) || variant.has(TOKEN));
  }

  static Stream<Variant> tlsVariants() {
    return directVariants().filter(variant -> variant.has(TLS));
  }

  private static Stream<Variant> directVariants() {
    return everyVariant().filter(variant -> !variant.has(BEHIND_NGINX));
  }

  @ParameterizedTest
  @MethodSource("everyVariant")
  void whatOrasPushedAndSkopeoCopiedIsReadByCraneAndOras(Variant variant) throws Exception {
    try (var registry = variant.start()) {
      var peers = Peers.of(registry, home);
      var content = TestFiles.random(variant.has(BEHIND_NGINX) ? MIB - 1 : 2 * MIB, 7);
      Files.write(home.resolve("rootfs"), content);
      var original = registry.repository("original") + ":1";
      var copy = registry.repository("a/copy") + ":2";

      peers.oras("push", original, "rootfs", "--artifact-type", "application/x-test").run();
      peers.skopeo("copy", "docker://" + original, "docker://" + copy).run();

      assertThat(peers.crane("digest", copy).run())
          .isEqualTo(peers.crane("digest", original).run());
      peers.oras("pull", copy, "--output", "pulled").run();
      assertThat(home.resolve("pulled/rootfs")).hasBinaryContent(content);
    }
  }

  @ParameterizedTest
  @MethodSource("askingVariants")
  void whoDoesNotLogInIsRefused(Variant variant) throws Exception {
    try (var registry = variant.start()) {
      var strangers = Peers.strangersTo(registry, home);

      assertRefused(
          push(strangers, registry, 10),
          "(?i)401|unauthorized|authentication required|basic credential not found");
    }
  }

  @ParameterizedTest
  @MethodSource("tlsVariants")
  void whoDoesNotKnowTheAuthorityBreaksOff(Variant variant) throws Exception {
    try (var registry = variant.start()) {
      var peers = Peers.of(registry, home);

      assertRefused(
          push(peers, registry, 10).with("SSL_CERT_FILE", "/dev/null"),
          "certificate signed by unknown authority");
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void nginxRefusesABlobOverOneMebibyte(Kind kind) throws Exception {
    try (var registry = RealRegistry.start(kind, BEHIND_NGINX)) {
      assertRefused(push(Peers.of(registry, home), registry, MIB + 1), "413");
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void whatOrasAttachedIsListedByTheReferrersApiOrUnderATagWhereThereIsNone(Kind kind)
      throws Exception {
    try (var registry = RealRegistry.start(kind)) {
      var peers = Peers.of(registry, home);
      push(peers, registry, 10).run();
      var image = image(registry);
      peers.oras("attach", image, "rootfs", "--artifact-type", "application/x-note").run();
      var subject = digest(peers, image);

      var url = "%s/v2/builder/image/referrers/%s".formatted(registry.url(), subject);
      var request = new Request.Builder().url(url).build();
      try (var response = registry.http().newCall(request).execute()) {
        if (kind == GGCR_REFERRERS) {
          assertThat(response.body().string()).containsOnlyOnce("\"digest\"");
        } else {
          assertThat(response.code()).isEqualTo(404);
          var tags = peers.crane("ls", registry.repository("image")).run();
          assertThat(tags.lines()).contains(subject.replace(':', '-'));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = Kind.class, names = "GGCR_REFERRERS", mode = EnumSource.Mode.EXCLUDE)
  void distributionDeletes(Kind kind) throws Exception {
    try (var registry = RealRegistry.start(kind)) {
      var peers = Peers.of(registry, home);
      push(peers, registry, 10).run();
      var digest = digest(peers, image(registry));

      peers.crane("delete", registry.repository("image") + "@" + digest).run();

      assertRefused(peers.crane("digest", image(registry)), "404");
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void whatCosign2SignedIsVerifiedByBothCosigns(Kind kind) throws Exception {
    try (var registry = RealRegistry.start(kind, TLS)) {
      var peers = Peers.of(registry, home);
      var image = pushForSigning(peers, registry);

      peers.cosign2("sign", "--yes", "--key=cosign.key", "--tlog-upload=false", image).run();

      assertThat(peers.cosign2(verifying(image)).run()).contains("docker-manifest-digest");
      assertThat(peers.cosign3(verifying(image)).run()).contains("docker-manifest-digest");
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void whatCosign3SignedIsVerifiedByItAndOnlyWithTheRightKey(Kind kind) throws Exception {
    try (var registry = RealRegistry.start(kind)) {
      var peers = Peers.of(registry, home);
      var image = pushForSigning(peers, registry);

      peers
          .cosign3(
              "sign",
              "--yes",
              "--key=cosign.key",
              "--tlog-upload=false",
              "--use-signing-config=false",
              image)
          .run();

      peers.cosign3(verifying(image)).run();
      peers.cosign3("generate-key-pair", "--output-key-prefix=other").run();
      Files.move(
          home.resolve("other.pub"),
          home.resolve("cosign.pub"),
          StandardCopyOption.REPLACE_EXISTING);
      assertRefused(peers.cosign3(verifying(image)), "(?i)signature");
    }
  }

  private String pushForSigning(Peers peers, RealRegistry registry) throws IOException {
    push(peers, registry, 10).run();
    peers.cosign2("generate-key-pair").run();
    return registry.repository("image") + "@" + digest(peers, image(registry));
  }

  private static String[] verifying(String image) {
    return new String[] {"verify", "--key=cosign.pub", "--insecure-ignore-tlog", image};
  }

  @Test
  void aRegistryThatIsClosedAnswersNoMore() {
    var registry = RealRegistry.start(DISTRIBUTION_3, BEHIND_NGINX, TOKEN);
    var request = new Request.Builder().url(registry.url() + "/v2/").build();

    registry.close();

    assertThatThrownBy(() -> registry.http().newCall(request).execute().close())
        .isInstanceOf(IOException.class);
  }

  private Command push(Peers peers, RealRegistry registry, int size) throws IOException {
    Files.write(home.resolve("rootfs"), TestFiles.random(size, 7));
    return peers.oras("push", image(registry), "rootfs", "--artifact-type", "application/x-test");
  }

  private static String digest(Peers peers, String image) {
    return peers.crane("digest", image).run().strip();
  }

  private static String image(RealRegistry registry) {
    return registry.repository("image") + ":1";
  }

  private static void assertRefused(Command command, String reason) {
    var result = command.result();
    assertThat(result.exit()).isNotZero();
    assertThat(result.err()).containsPattern(reason);
  }
}
