package dev.osimage.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {

  private static final Instant TEN = Instant.parse("2026-01-02T10:00:00Z");

  @TempDir private Path folder;
  private AuditLog log = new AuditLog(List.of());

  @BeforeEach
  void read() throws IOException {
    var file = folder.resolve("audit.log");
    Files.writeString(
        file,
        event("operator", "create", "\"resource\":\"jobs\",\"name\":\"a-1\"", 201, "09:59:59.5")
            + event("operator", "create", "\"resource\":\"jobs\",\"name\":\"b-1\"", 409, "10:00:00")
            + event("operator", "create", "\"resource\":\"jobs\",\"name\":\"b-1\"", 201, "10:00:01")
            + event("operator", "patch", STATUS, 200, "10:00:02")
            + event(
                "operator", "get", "\"resource\":\"pods\",\"subresource\":\"log\"", 400, "10:00:03")
            + event("somebody", "patch", STATUS, 200, "10:00:04")
            + event("operator", "patch", STATUS, 200, "10:00:05"));
    log = AuditLog.read(file);
  }

  private static final String STATUS = "\"resource\":\"osimages\",\"subresource\":\"status\"";

  private static String event(String user, String verb, String object, int code, String time) {
    return """
    {"kind":"Event","verb":"%s","user":{"username":"%s"},"objectRef":{%s},"responseStatus":{"code":%d},"stageTimestamp":"2026-01-02T%sZ"}
    """
        .formatted(verb, user, object, code, time);
  }

  @Test
  void writesAreCountedOfOneUserFromOneMomentToBeforeAnother() {
    var requests = log.of("operator", TEN, TEN.plusSeconds(5));

    assertThat(requests.writes().counts())
        .isEqualTo(Map.of("create jobs", 2L, "patch osimages/status", 1L));
    assertThat(requests.reads().counts()).isEqualTo(Map.of("get pods/log", 1L));
  }

  @Test
  void refusedWritesAreWritesToo() {
    assertThat(log.writes().refused().counts()).isEqualTo(Map.of("create jobs", 1L));
  }

  @Test
  void anObjectIsThereFromTheFirstAnswerThatDidNotRefuseIt() {
    assertThat(log.first("create jobs", job -> job.substring(0, 1)))
        .isEqualTo(Map.of("a", TEN.minusMillis(500), "b", TEN.plusSeconds(1)));
  }
}
