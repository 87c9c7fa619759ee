package dev.osimage.e2e;

import static dev.osimage.e2e.registry.RealRegistry.Kind.DISTRIBUTION_2;
import static dev.osimage.e2e.registry.RealRegistry.Kind.DISTRIBUTION_3;
import static dev.osimage.e2e.registry.RealRegistry.Option.NO_DELETION;
import static dev.osimage.e2e.registry.RealRegistry.Option.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.osimage.e2e.RealRegistriesE2E.Variant;
import dev.osimage.e2e.registry.Peers;
import dev.osimage.e2e.registry.RealRegistry;
import dev.osimage.e2e.registry.RealRegistry.Kind;
import dev.osimage.oci.Digest;
import dev.osimage.oci.registry.RegistryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What we delete in the registries of other people is gone for their clients, and no more. */
@EnabledIf(
    value = "dev.osimage.e2e.registry.Peers#areBuilt",
    disabledReason = "not all peers are built: see what e2e/local/tools.sh peers says")
@Execution(ExecutionMode.CONCURRENT)
class RegistryDeletionE2E {

  @TempDir Path home;

  static Stream<Variant> everyVariant() {
    return RealRegistriesE2E.everyVariant();
  }

  @ParameterizedTest
  @MethodSource("everyVariant")
  void aTagGoesAloneAndAManifestByItsDigest(Variant variant) throws Exception {
    try (var registry = variant.start()) {
      var peers = Peers.of(registry, home);
      var client = RegistryClientE2E.client(registry, "image");
      var manifest = RegistryClientE2E.push(client, Map.of("rootfs", new byte[] {1}), "kept");
      client.tag(manifest, "old");
      var image = registry.repository("image");

      assertThat(client.untag("old", Digest.of(new byte[] {2}))).as("another digest").isFalse();
      assertThat(client.untag("old", manifest.digest())).isTrue();

      assertThat(peers.crane("ls", image).run()).isEqualTo("kept\n");
      assertThat(peers.crane("digest", image + ":kept").run()).isEqualTo(manifest.digest() + "\n");
      assertThat(client.manifest("old")).isEmpty();
      assertThat(client.untag("old", manifest.digest())).as("a second time").isFalse();

      assertThat(client.deleteManifest(manifest.digest())).isTrue();
      assertThat(client.manifest(manifest.digest().toString())).isEmpty();
      assertThat(client.deleteManifest(manifest.digest())).as("a second time").isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void severalWhoRemoveTheSameTagsAtOnceRemoveNothingElse(Kind kind) throws Exception {
    try (var registry = RealRegistry.start(kind);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var client = RegistryClientE2E.client(registry, "image");
      var manifest = RegistryClientE2E.push(client, Map.of("rootfs", new byte[] {1}), "kept");
      // Registries trip over themselves in one round of ten.
      for (int round = 0; round < 10; round++) {
        var tags = IntStream.range(0, 8).mapToObj(i -> "old" + i).toList();
        tags.forEach(tag -> client.tag(manifest, tag));

        var removed =
            Stream.of(tags, tags, tags)
                .flatMap(List::stream)
                .<Future<?>>map(tag -> threads.submit(() -> client.untag(tag, manifest.digest())))
                .toList();
        for (var each : removed) {
          each.get();
        }

        assertThat(Peers.of(registry, home).crane("ls", registry.repository("image")).run())
            .isEqualTo("kept\n");
        assertThat(client.manifest("kept")).contains(manifest);
      }
    }
  }

  static Stream<Variant> keepingVariants() {
    return Stream.of(DISTRIBUTION_2, DISTRIBUTION_3)
        .flatMap(kind ->
            Stream.of(
                new Variant(kind, List.of(NO_DELETION)),
                new Variant(kind, List.of(NO_DELETION, TOKEN))));
  }

  @ParameterizedTest
  @MethodSource("keepingVariants")
  void whereDeletingIsOffThatIsSaidAndNothingChanges(Variant variant) throws Exception {
    try (var registry = variant.start()) {
      var client = RegistryClientE2E.client(registry, "image");
      var manifest = RegistryClientE2E.push(client, Map.of("rootfs", new byte[] {1}), "kept");

      assertUnsupported(() -> client.deleteManifest(manifest.digest()));
      assertUnsupported(() -> client.untag("kept", manifest.digest()));

      assertThat(Peers.of(registry, home).crane("ls", registry.repository("image")).run())
          .isEqualTo("kept\n");
      assertThat(client.manifest("kept")).contains(manifest);
    }
  }

  private static void assertUnsupported(ThrowingCallable call) {
    var failure = catchThrowableOfType(RegistryException.class, call);
    assertThat(failure).isNotNull();
    assertThat(failure.kind()).isEqualTo(RegistryException.Kind.UNSUPPORTED);
  }
}
