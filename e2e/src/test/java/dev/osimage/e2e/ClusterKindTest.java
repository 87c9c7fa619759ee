package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterKindTest {

  @ParameterizedTest
  @EnumSource
  void theOneThatIsNamedIsTakenWithoutALookAtDocker(ClusterKind kind) {
    assertThat(
            ClusterKind.chosen(
                Map.of("OSIMAGE_CLUSTER", kind.toString()), ClusterKindTest::neverAsked))
        .isEqualTo(kind);
  }

  @Test
  void withoutANameItIsK3sWhereDockerHasItAndElseTheLocalOne() {
    assertThat(ClusterKind.chosen(Map.of(), () -> true)).isEqualTo(ClusterKind.K3S);
    assertThat(ClusterKind.chosen(Map.of(), () -> false)).isEqualTo(ClusterKind.LOCAL);
    assertThat(ClusterKind.chosen(Map.of("OSIMAGE_CLUSTER", ""), () -> false))
        .isEqualTo(ClusterKind.LOCAL);
  }

  @Test
  void aKubeconfigAloneChoosesNobodysCluster() {
    assertThat(ClusterKind.chosen(Map.of("KUBECONFIG", "/root/.kube/config"), () -> false))
        .isEqualTo(ClusterKind.LOCAL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"kind", "K3S", "local "})
  void anUnknownNameIsRefusedWithThoseThatAreKnown(String name) {
    assertThatThrownBy(
            () -> ClusterKind.chosen(Map.of("OSIMAGE_CLUSTER", name), ClusterKindTest::neverAsked))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "OSIMAGE_CLUSTER=%s is unknown; it is one of local, k3s, kubeconfig, or not set", name);
  }

  private static boolean neverAsked() {
    throw new AssertionError("Docker was asked although the cluster was named");
  }
}
