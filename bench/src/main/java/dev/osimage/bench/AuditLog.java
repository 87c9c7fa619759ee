package dev.osimage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What an API server was asked, in the order of its answers. */
record AuditLog(List<Request> requests) {

  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final Set<String> READS = Set.of("get", "list", "watch");
  private static final int OK_END = 300;

  AuditLog {
    requests = List.copyOf(requests);
  }

  /**
   * One request.
   *
   * @param what verb and resource, with the subresource
   * @param name of the object
   * @param code of the answer, and {@code answered} its time
   */
  record Request(String user, String what, String name, int code, Instant answered) {

    static Request parse(JsonNode event) {
      var object = event.path("objectRef");
      var subresource = object.path("subresource").asText("");
      return new Request(
          event.at("/user/username").asText(),
          "%s %s%s"
              .formatted(
                  event.path("verb").asText(),
                  object.path("resource").asText(event.path("requestURI").asText()),
                  subresource.isEmpty() ? "" : "/" + subresource),
          object.path("name").asText(""),
          event.at("/responseStatus/code").asInt(),
          Instant.parse(event.path("stageTimestamp").asText()));
    }

    boolean isWrite() {
      return !READS.contains(what.substring(0, what.indexOf(' ')));
    }

    boolean isRefused() {
      return code >= OK_END;
    }
  }

  /** Reads what a server has written so far. */
  static AuditLog read(Path file) throws IOException {
    var requests = new ArrayList<Request>();
    try (var events = JSON.readerFor(JsonNode.class).<JsonNode>readValues(file.toFile())) {
      while (events.hasNextValue()) {
        requests.add(Request.parse(events.nextValue()));
      }
    }
    return new AuditLog(requests);
  }

  /** Those of one user that were answered from one moment to before another. */
  AuditLog of(String user, Instant from, Instant to) {
    return where(request ->
        request.user().equals(user)
            && !request.answered().isBefore(from)
            && request.answered().isBefore(to));
  }

  /** Those that write, whether or not they were refused. */
  AuditLog writes() {
    return where(Request::isWrite);
  }

  /** Those that read. */
  AuditLog reads() {
    return where(request -> !request.isWrite());
  }

  /** Those that were refused. */
  AuditLog refused() {
    return where(Request::isRefused);
  }

  private AuditLog where(Predicate<Request> condition) {
    return new AuditLog(requests.stream().filter(condition).toList());
  }

  /** How many there are of each verb and resource. */
  Map<String, Long> counts() {
    return requests.stream()
        .collect(Collectors.groupingBy(Request::what, TreeMap::new, Collectors.counting()));
  }

  /** When this was first done to each object, by a name that {@code key} makes of the object's. */
  Map<String, Instant> first(String what, Function<String, String> key) {
    return requests.stream()
        .filter(request -> request.what().equals(what) && !request.isRefused())
        .collect(
            Collectors.toMap(
                request -> key.apply(request.name()),
                Request::answered,
                (one, other) -> one.isBefore(other) ? one : other));
  }
}
