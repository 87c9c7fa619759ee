package dev.osimage.operator.osimage;

import static dev.osimage.operator.osimage.Examples.A;
import static dev.osimage.operator.osimage.Examples.buildable;
import static dev.osimage.operator.osimage.Examples.target;
import static dev.osimage.operator.osimage.Examples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.api.OsImageSpec;
import dev.osimage.operator.BuilderNetwork;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a change of a spec means: another attempt, another publication, or nothing that works. */
class TargetTest {

  private static final String FINAL = "sha256:" + "f".repeat(64);

  static Stream<Arguments> waysToTheSameContent() {
    return Stream.of(
        Arguments.of("files/kernel/http/secretRef", Map.of("name", "web")),
        Arguments.of("files/kernel/http/caBundleRef", Map.of("name", "ca")),
        Arguments.of("files/kernel/http/url", "https://mirror.example.com/vmlinuz"),
        Arguments.of("destination/secretRef", Map.of("name", "push")),
        Arguments.of("destination/caBundleRef", Map.of("name", "ca")));
  }

  @ParameterizedTest
  @MethodSource("waysToTheSameContent")
  void anotherWayToTheSameContentIsAnotherAttemptAndNotAnotherPublication(
      String path, Object value) {
    var changed = buildable(with(A, path, value));

    assertThat(changed.identity()).isNotEqualTo(buildable(A).identity());
    assertThat(changed.publicationHash()).isEqualTo(buildable(A).publicationHash());
  }

  static Stream<Arguments> otherContent() {
    return Stream.of(
        Arguments.of("files/kernel/path", "boot/vmlinuz"),
        Arguments.of("files/kernel/decompress", "Gzip"),
        Arguments.of("files/kernel/http/digest", FINAL));
  }

  @ParameterizedTest
  @MethodSource("otherContent")
  void otherContentIsAnotherAttemptAndAnotherPublication(String path, Object value) {
    var changed = buildable(with(A, path, value));

    assertThat(changed.identity()).isNotEqualTo(buildable(A).identity());
    assertThat(changed.publicationHash()).isNotEqualTo(buildable(A).publicationHash());
  }

  @Test
  void aDigestThatNobodyComparedWithIsPublishedAgain() {
    var member = with(A, "files/kernel/path", "boot/vmlinuz");
    var stated = with(member, "files/kernel/digest", FINAL);

    assertThat(buildable(stated).identity()).isNotEqualTo(buildable(member).identity());
    assertThat(buildable(stated).publicationHash())
        .isNotEqualTo(buildable(member).publicationHash());
  }

  @Test
  void theNetworkIsInThePlanAndInNoIdentity() {
    var network =
        new BuilderNetwork(
            null, Map.of("https://files.example.com/", List.of("http://mirror.lan/files/")));
    var image = Examples.image(A, 1);

    assertThat(Target.of(image, Examples.settings(network)))
        .isInstanceOfSatisfying(
            Target.Buildable.class,
            target -> {
              assertThat(target.plan().network().mirrors())
                  .containsEntry(
                      "https://files.example.com/vmlinuz",
                      List.of("http://mirror.lan/files/vmlinuz"))
                  .hasSize(2);
              assertThat(target.plan().inputsHash()).isEqualTo(buildable(A).plan().inputsHash());
              assertThat(target.identity()).isEqualTo(buildable(A).identity());
              assertThat(target.publicationHash()).isEqualTo(buildable(A).publicationHash());
            });
  }

  static Stream<OsImageSpec> whatOnlyThePlannerSees() {
    return Stream.of(
        with(A, "files/kernel/digest", FINAL),
        with(with(A, "files/kernel/decompress", "Auto"), "files/kernel/digest", FINAL),
        with(A, "files/rootfs/decompress", "Xz"));
  }

  @ParameterizedTest
  @MethodSource("whatOnlyThePlannerSees")
  void aSpecThatContradictsItselfCanNotBeBuilt(OsImageSpec spec) {
    assertThat(target(spec)).isInstanceOf(Target.Unbuildable.class);
  }
}
