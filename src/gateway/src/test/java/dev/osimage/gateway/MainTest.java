package dev.osimage.gateway;

import static dev.osimage.gateway.GatewayProcess.KERNEL;
import static dev.osimage.gateway.GatewayProcess.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The process itself, while nobody answers where the API server should be. */
@Timeout(120)
class MainTest {

  private FaultRegistry registry;
  private GatewayProcess gateway;

  @BeforeEach
  void rememberWhatWasServed(@TempDir Path folder) throws IOException {
    registry = FaultRegistry.start();
    gateway = new GatewayProcess(folder, registry);
  }

  @AfterEach
  void end() throws Exception {
    gateway.close();
    registry.close();
  }

  @Test
  void whatItKnewIsServedAndOfTheRestItSaysThatItDoesNotKnow() throws Exception {
    gateway.start(Map.of());

    try (var kernel = gateway.get(ROOT + "kernel")) {
      assertThat(kernel.body().bytes()).isEqualTo(KERNEL);
    }
    try (var other = gateway.get(ROOT.replace("debian", "fedora") + "kernel")) {
      assertThat(other.code()).isEqualTo(503);
      assertThat(other.header("Retry-After")).isNotNull();
    }
  }

  @Test
  void killedInTheMiddleOfAFetchItBeginsAnewAndServesTheRightBytes() throws Exception {
    registry.add(Rule.always(Step.BLOB_GET).trickles(Duration.ofMillis(1)));
    var first = gateway.start(Map.of());
    var machine =
        Thread.ofVirtual()
            .start(() -> {
              try {
                gateway.get(ROOT + "kernel").close();
              } catch (IOException e) {
                // It is cut off: the gateway is killed.
              }
            });
    Awaitility.await("a part of it")
        .atMost(Duration.ofSeconds(30))
        .until(() -> gateway.files("part") == 1);
    first.destroyForcibly().waitFor();
    machine.join();
    registry.recover();
    assertThat(gateway.files("part")).isEqualTo(1);

    gateway.start(Map.of());

    assertThat(gateway.files("part")).isZero();
    try (var kernel = gateway.get(ROOT + "kernel")) {
      assertThat(kernel.body().bytes()).isEqualTo(KERNEL);
    }
    assertThat(gateway.files("sha256")).isEqualTo(1);
  }
}
