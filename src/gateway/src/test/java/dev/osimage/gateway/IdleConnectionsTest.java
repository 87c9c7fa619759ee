package dev.osimage.gateway;

import static dev.osimage.gateway.GatewayProcess.KERNEL;
import static dev.osimage.gateway.GatewayProcess.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.osimage.oci.faults.FaultRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With the chart's limits, except for a shorter idle timeout. */
@Timeout(120)
class IdleConnectionsTest {

  private static final int CONNECTIONS = 5000;
  private static final Duration IDLE = Duration.ofSeconds(8);

  /** The chart's memory limit; the heap has the half of it, as the image's java.args say. */
  private static final long MEMORY = 384L << 20;

  private static final byte[] REQUEST =
      ("HEAD " + ROOT + "kernel HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);

  private final List<SocketChannel> idle = new ArrayList<>();

  @Test
  void fiveThousandThatSayNothingOrNothingMoreHoldNobodyBackAndAreCutOff(@TempDir Path folder)
      throws Exception {
    long files =
        ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class)
            .getMaxFileDescriptorCount();
    Assumptions.assumeTrue(
        files > CONNECTIONS + 1000, () -> "NOT PROVEN: ulimit -n is only " + files);
    try (var registry = FaultRegistry.start();
        var gateway = new GatewayProcess(folder, registry)) {
      var process =
          gateway.start(
              Map.of(
                  "OSIMAGE_GATEWAY_IDLE_TIMEOUT",
                  IDLE.toSeconds() + "s",
                  "OSIMAGE_GATEWAY_REQUESTS_PER_SECOND",
                  "0"),
              "-XX:+UseSerialGC",
              "-Xmn8m",
              "-Xmx" + MEMORY / 2,
              "-XX:MaxDirectMemorySize=16m",
              "-XX:ReservedCodeCacheSize=48m",
              "-XX:+ExitOnOutOfMemoryError");
      long before = files(process);
      try {
        for (int i = 0; i < CONNECTIONS; i++) {
          idle.add(SocketChannel.open(gateway.address()));
        }
        askOn(idle.subList(0, CONNECTIONS / 2));

        assertThat(files(process) - before).as("connections").isGreaterThanOrEqualTo(CONNECTIONS);
        var start = Instant.now();
        try (var kernel = gateway.get(ROOT + "kernel")) {
          assertThat(kernel.body().bytes()).isEqualTo(KERNEL);
        }
        assertThat(Duration.between(start, Instant.now()))
            .as("nobody had to be cut off for it")
            .isLessThan(IDLE);
        assertThat(memory(process)).isLessThan(MEMORY);

        Awaitility.await("all are cut off")
            .atMost(IDLE.multipliedBy(2))
            .until(() -> idle.stream().allMatch(IdleConnectionsTest::isCutOff));
      } finally {
        for (var connection : idle) {
          connection.close();
        }
      }
    }
  }

  /** One request and its answer on each; then they stay open. */
  private static void askOn(List<SocketChannel> connections) throws IOException {
    for (var connection : connections) {
      connection.write(ByteBuffer.wrap(REQUEST));
    }
    var answer = ByteBuffer.allocate(4096);
    for (var connection : connections) {
      assertThat(connection.read(answer.clear())).isPositive();
      assertThat(new String(answer.array(), 0, answer.position(), StandardCharsets.ISO_8859_1))
          .startsWith("HTTP/1.1 200 ")
          .endsWith("\r\n\r\n")
          .doesNotContain("Connection: close");
    }
  }

  private static boolean isCutOff(SocketChannel connection) {
    try {
      connection.configureBlocking(false);
      return connection.read(ByteBuffer.allocate(1)) < 0;
    } catch (IOException e) {
      return true;
    }
  }

  /** How many files and connections it has open. */
  private static long files(Process process) throws IOException {
    try (var files = Files.list(Path.of("/proc/%d/fd".formatted(process.pid())))) {
      return files.count();
    }
  }

  /** What it takes of the machine's memory, in bytes. */
  private static long memory(Process process) throws IOException {
    return Files.readAllLines(Path.of("/proc/%d/status".formatted(process.pid()))).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .sum();
  }
}
