package dev.osimage.builder;

import dev.osimage.oci.Digest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okio.Buffer;
import okio.ByteString;
import org.jspecify.annotations.Nullable;

/** A registry in memory, with the requests that a build makes. */
final class FakeRegistry extends Dispatcher {

  private static final Pattern PATH = Pattern.compile("/v2/os/debian/(blobs|manifests)/(.+)");

  final Map<String, ByteString> blobs = new HashMap<>();

  /** Manifests by digest and by tag. */
  final Map<String, ByteString> manifests = new HashMap<>();

  /** What was asked, as method and the path below the repository; session numbers are cut off. */
  final List<String> requests = new ArrayList<>();

  private final Map<String, ByteString> sessions = new HashMap<>();
  private final Map<String, MockResponse> answers = new HashMap<>();
  private String authorization = "";
  private final Map<String, Runnable> events = new HashMap<>();
  private Consumer<String> committed = digest -> {};
  private int nextSession = 1;

  /** From now on requests like this get this answer. */
  synchronized void answer(String request, MockResponse response) {
    answers.put(request, response);
  }

  synchronized void recover() {
    answers.clear();
  }

  /** From now on only requests with this Authorization header are served. */
  synchronized void protect(String header) {
    authorization = header;
  }

  /** The next time that such a request comes, this happens before it is looked at. */
  synchronized void before(String request, Runnable event) {
    events.put(request, event);
  }

  synchronized void onCommit(Consumer<String> listener) {
    committed = listener;
  }

  synchronized void add(String content) {
    var bytes = ByteString.encodeUtf8(content);
    blobs.put(Digest.of(bytes.toByteArray()).toString(), bytes);
  }

  synchronized List<String> requests(String prefix) {
    return requests.stream().filter(request -> request.startsWith(prefix)).toList();
  }

  @Override
  public synchronized MockResponse dispatch(RecordedRequest request) {
    var path = PATH.matcher(request.getUrl().encodedPath());
    if (!path.matches()) {
      return status(404).build();
    }
    var reference = path.group(2).replace("%3A", ":");
    var session =
        reference.startsWith("uploads/") ? reference.substring("uploads/".length()) : null;
    var line =
        request.getMethod() + " " + path.group(1) + "/" + (session == null ? reference : "uploads");
    requests.add(line);
    var event = events.remove(line);
    if (event != null) {
      event.run();
    }
    var answer = answers.get(line);
    if (answer != null) {
      return answer;
    }
    if (!authorization.isEmpty()
        && !authorization.equals(request.getHeaders().get("Authorization"))) {
      return error(401, "UNAUTHORIZED", "authentication required")
          .newBuilder()
          .setHeader("WWW-Authenticate", "Basic realm=\"registry\"")
          .build();
    }
    if (session != null) {
      return upload(request, session);
    }
    return path.group(1).equals("blobs")
        ? content(request, blobs.get(reference))
        : manifest(request, reference);
  }

  static MockResponse error(int status, String code, String message) {
    return status(status)
        .body("{\"errors\":[{\"code\":\"%s\",\"message\":\"%s\"}]}".formatted(code, message))
        .build();
  }

  private MockResponse upload(RecordedRequest request, String session) {
    return switch (request.getMethod()) {
      case "POST" -> location("s" + nextSession++);
      case "PATCH" -> {
        sessions.put(session, body(request));
        yield location(session);
      }
      case "PUT" -> commit(sessions.remove(session), request.getUrl().queryParameter("digest"));
      default -> {
        sessions.remove(session);
        yield status(204).build();
      }
    };
  }

  private MockResponse commit(@Nullable ByteString content, @Nullable String digest) {
    if (content == null || !Digest.of(content.toByteArray()).toString().equals(digest)) {
      return error(400, "DIGEST_INVALID", "");
    }
    blobs.put(digest, content);
    committed.accept(digest);
    return status(201).build();
  }

  private MockResponse manifest(RecordedRequest request, String reference) {
    if (request.getMethod().equals("PUT")) {
      manifests.put(reference, body(request));
      return status(201).build();
    }
    return content(request, manifests.get(reference));
  }

  private static MockResponse content(RecordedRequest request, @Nullable ByteString content) {
    if (content == null) {
      return status(404).build();
    }
    return request.getMethod().equals("HEAD")
        ? status(200).setHeader("Content-Length", content.size()).build()
        : status(200).body(new Buffer().write(content)).build();
  }

  private static ByteString body(RecordedRequest request) {
    return Objects.requireNonNullElse(request.getBody(), ByteString.EMPTY);
  }

  private static MockResponse location(String session) {
    return status(202).setHeader("Location", "/v2/os/debian/blobs/uploads/" + session).build();
  }

  private static MockResponse.Builder status(int code) {
    return new MockResponse.Builder().code(code);
  }
}
