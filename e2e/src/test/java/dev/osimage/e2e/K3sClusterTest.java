package dev.osimage.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What of it can be judged without Docker. */
class K3sClusterTest {

  @Test
  void theNameOfTheImageIsWhatCtrSaysItUnpacked() {
    assertThat(
            K3sCluster.imageName(
                """
                unpacking osimage-operator:0.1.0 (sha256:343f1391)...time="2026" level=warning
                done
                """))
        .isEqualTo("osimage-operator:0.1.0");
  }

  @Test
  void anArchiveWithoutANamedImageIsSaid() {
    assertThatThrownBy(() -> K3sCluster.imageName("nothing\n"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("ctr names no image:\nnothing\n");
  }
}
