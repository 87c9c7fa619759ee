package dev.osimage.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class HealthTest {

  private static int status(int port, String path) throws IOException {
    var url = URI.create("http://localhost:" + port + path).toURL();
    var connection = (HttpURLConnection) url.openConnection();
    try {
      return connection.getResponseCode();
    } finally {
      connection.disconnect();
    }
  }

  @Test
  void theProcessIsAliveFromTheStartAndReadyOnceItWatches() throws IOException {
    var watches = new AtomicBoolean();
    try (var health = Health.serve(0, watches::get, () -> "")) {
      assertThat(status(health.port(), "/healthz")).isEqualTo(200);
      assertThat(status(health.port(), "/readyz")).isEqualTo(503);

      watches.set(true);
      assertThat(status(health.port(), "/readyz")).isEqualTo(200);

      watches.set(false);
      assertThat(status(health.port(), "/readyz")).isEqualTo(503);
      assertThat(status(health.port(), "/healthz")).isEqualTo(200);
    }
  }

  @Test
  void metricsAreServedAsPrometheusReadsThemEvenBeforeItIsReady() throws IOException {
    try (var health = Health.serve(0, () -> false, () -> "jvm_threads 7.0\n")) {
      var url = URI.create("http://localhost:" + health.port() + "/metrics").toURL();
      var connection = (HttpURLConnection) url.openConnection();
      try (var body = connection.getInputStream()) {
        assertThat(connection.getContentType())
            .isEqualTo("text/plain; version=0.0.4; charset=utf-8");
        assertThat(body).hasContent("jvm_threads 7.0");
      } finally {
        connection.disconnect();
      }
    }
  }

  @Test
  void nothingElseIsServed() throws IOException {
    try (var health = Health.serve(0, () -> true, () -> "")) {
      assertThat(status(health.port(), "/")).isEqualTo(404);
    }
  }

  @Test
  void thePortIsFreeAgainAfterwards() throws IOException {
    var health = Health.serve(0, () -> true, () -> "");
    int port = health.port();
    health.close();

    assertThatIOException().isThrownBy(() -> status(port, "/healthz"));
    try (var next = Health.serve(port, () -> true, () -> "")) {
      assertThat(status(next.port(), "/healthz")).isEqualTo(200);
    }
  }
}
