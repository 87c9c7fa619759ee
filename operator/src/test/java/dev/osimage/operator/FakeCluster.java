package dev.osimage.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okio.ByteString;
import org.jspecify.annotations.Nullable;

/** As much of an API server as {@link Uninstall} needs, in memory: pods, a scale, OsImages. */
final class FakeCluster extends Dispatcher {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String VERSION = "/metadata/resourceVersion";
  private static final Pattern IMAGES =
      Pattern.compile(
          "/apis/osimage.dev/v1alpha1(?:/namespaces/(?<namespace>[^/]+))?/osimages(?:/(?<name>.+))?");

  /** OsImages by {@code namespace/name}. */
  final Map<String, ObjectNode> images = new TreeMap<>();

  /** Method and path of each request. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  /** Phases of the operator's pods, asked for at each look. */
  Supplier<List<String>> pods = List::of;

  /** Runs before an update of an OsImage is looked at. */
  Runnable beforeUpdate = () -> {};

  private final Map<String, MockResponse> answers = new TreeMap<>();
  private int versions;

  /** Adds an OsImage with something that no version of the operator knows. */
  void add(String namespace, String name, String... finalizers) {
    var image = JSON.createObjectNode();
    image.put("apiVersion", "osimage.dev/v1alpha1").put("kind", "OsImage");
    image.putObject("metadata").put("namespace", namespace).put("name", name);
    image.putObject("spec").put("fromTheFuture", 1.5);
    images.put(namespace + "/" + name, image);
    setFinalizers(namespace + "/" + name, finalizers);
  }

  void setFinalizers(String image, String... finalizers) {
    var list = JSON.createArrayNode();
    List.of(finalizers).forEach(list::add);
    var metadata = (ObjectNode) image(image).get("metadata");
    metadata.put("resourceVersion", String.valueOf(++versions)).set("finalizers", list);
  }

  List<String> finalizers(String image) {
    var finalizers = new ArrayList<String>();
    image(image).at("/metadata/finalizers").forEach(item -> finalizers.add(item.asText()));
    return finalizers;
  }

  private ObjectNode image(String key) {
    return Objects.requireNonNull(images.get(key), key);
  }

  /** From now on this request gets this answer. */
  void answer(String request, int code, String message) {
    answers.put(request, status(code, message));
  }

  @Override
  public synchronized MockResponse dispatch(RecordedRequest request) {
    var path = request.getUrl().encodedPath();
    var line = request.getMethod() + " " + path;
    requests.add(line);
    var images = IMAGES.matcher(path);
    if (answers.containsKey(line)) {
      return answers.get(line);
    } else if (line.equals("PUT /apis/apps/v1/namespaces/system/deployments/operator/scale")) {
      return scale(request);
    } else if (line.equals("GET /api/v1/namespaces/system/pods")) {
      return pods(request);
    } else if (request.getMethod().equals("GET") && images.matches()) {
      return list(images.group("namespace"), request);
    } else if (request.getMethod().equals("PUT") && images.matches()) {
      beforeUpdate.run();
      return update(images.group("namespace") + "/" + images.group("name"), request);
    }
    return status(403, "not allowed: " + line);
  }

  private MockResponse scale(RecordedRequest request) {
    return body(request).at("/spec/replicas").asInt(-1) == 0
        ? json(body(request))
        : status(422, "not to zero");
  }

  private MockResponse pods(RecordedRequest request) {
    if (!"app=operator".equals(request.getUrl().queryParameter("labelSelector"))) {
      return status(400, "other pods");
    }
    var items = JSON.createArrayNode();
    for (var phase : pods.get()) {
      var pod = items.addObject();
      pod.putObject("metadata").put("name", "operator-" + items.size());
      pod.putObject("status").put("phase", phase);
    }
    return json(listOf("PodList", items));
  }

  /** One page; the token to continue is the index of what comes next. */
  private MockResponse list(@Nullable String namespace, RecordedRequest request) {
    int limit = Integer.parseInt(String.valueOf(request.getUrl().queryParameter("limit")));
    var token = request.getUrl().queryParameter("continue");
    int from = token == null ? 0 : Integer.parseInt(token);
    var found =
        images.entrySet().stream()
            .filter(image -> namespace == null || image.getKey().startsWith(namespace + "/"))
            .map(Map.Entry::getValue)
            .toList();
    var items = JSON.createArrayNode();
    found.stream().skip(from).limit(limit).forEach(items::add);
    var list = listOf("OsImageList", items);
    if (from + limit < found.size()) {
      ((ObjectNode) list.get("metadata")).put("continue", String.valueOf(from + limit));
    }
    return json(list);
  }

  private MockResponse update(String key, RecordedRequest request) {
    var image = images.get(key);
    if (image == null) {
      return status(404, key + " not found");
    }
    var updated = (ObjectNode) body(request);
    if (!updated.at(VERSION).equals(image.at(VERSION))) {
      return status(409, "the object has been modified");
    }
    images.put(key, updated);
    return json(updated);
  }

  private static ObjectNode listOf(String kind, ArrayNode items) {
    var list = JSON.createObjectNode().put("apiVersion", "v1").put("kind", kind);
    list.putObject("metadata");
    list.set("items", items);
    return list;
  }

  private static JsonNode body(RecordedRequest request) {
    try {
      var body = request.getBody();
      return JSON.readTree((body == null ? ByteString.EMPTY : body).utf8());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static MockResponse json(JsonNode body) {
    return new MockResponse.Builder()
        .addHeader("Content-Type", "application/json")
        .body(body.toString())
        .build();
  }

  private static MockResponse status(int code, String message) {
    var status = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Status");
    status.put("status", "Failure").put("code", code).put("message", message);
    return json(status).newBuilder().code(code).build();
  }
}
