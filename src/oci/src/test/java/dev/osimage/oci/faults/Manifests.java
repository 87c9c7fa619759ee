package dev.osimage.oci.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.osimage.oci.Digest;
import java.io.IOException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Manifests by tag and by digest (distribution-spec, "Pushing Manifests" and so on). */
final class Manifests {

  private static final int MAX_BYTES = 4 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FaultRegistry registry;
  private final Faults faults;

  Manifests(FaultRegistry registry, Faults faults) {
    this.registry = registry;
    this.faults = faults;
  }

  /** GET and HEAD; an OCI type must be named in Accept, as distribution wants it. */
  Answer get(Received request) {
    var room = room(request);
    var digest = room.resolve(request.route().reference());
    var manifest = digest == null ? null : room.manifests().get(digest);
    if (digest == null || manifest == null) {
      return unknown("manifest unknown");
    }
    if (manifest.mediaType().startsWith("application/vnd.oci.")
        && !accepts(request, manifest.mediaType())) {
      return unknown("OCI manifest found, but accept header does not support OCI manifests");
    }
    return Answer.of(
        200,
        manifest.content(),
        "Content-Type: " + manifest.mediaType(),
        "Docker-Content-Digest: " + digest,
        "ETag: \"" + digest + "\"");
  }

  Answer put(Exchange exchange) throws IOException {
    var request = exchange.request();
    var content = exchange.body().readNBytes(MAX_BYTES + 1);
    if (content.length > MAX_BYTES) {
      return Answer.error(413, "SIZE_INVALID", "manifests have 4 MiB at most");
    }
    var type = request.header("Content-Type");
    var reference = request.route().reference();
    var json = parse(content);
    if (type == null || json == null || !json.path("mediaType").asText(type).equals(type)) {
      return Answer.error(400, "MANIFEST_INVALID", "not a manifest of the type that it says");
    }
    if (reference.contains(":") && !reference.equals(Digest.of(content).toString())) {
      return Answer.error(400, "DIGEST_INVALID", "the content is " + Digest.of(content));
    }
    var missing = missing(request, json);
    if (missing != null) {
      return Answer.error(400, "MANIFEST_BLOB_UNKNOWN", missing + " is not there");
    }
    var digest = room(request).put(reference, new Store.Manifest(type, content));
    var answer =
        Answer.of(
            201,
            "Location: /v2/" + request.route().repository() + "/manifests/" + digest,
            "Docker-Content-Digest: " + digest);
    var subject = json.path("subject").path("digest").asText();
    return subject.isEmpty() || !tellsSubject() ? answer : answer.header("OCI-Subject", subject);
  }

  Answer delete(Received request) {
    if (faults.has(Quirk.NO_DELETE)) {
      return Answer.error(faults.status(Quirk.NO_DELETE), "UNSUPPORTED", "deletion is off");
    }
    var room = room(request);
    var reference = request.route().reference();
    if (faults.has(Quirk.NO_TAG_DELETE) && !reference.contains(":")) {
      return Answer.error(faults.status(Quirk.NO_TAG_DELETE), "DIGEST_INVALID", "not a digest");
    }
    var digest = room.resolve(reference);
    if (digest == null) {
      return unknown("manifest unknown");
    }
    if (reference.contains(":")) {
      room.manifests().remove(digest);
      room.tags().values().removeIf(digest::equals);
    } else {
      room.tags().remove(reference);
    }
    return Answer.of(202);
  }

  static @Nullable JsonNode parse(byte[] content) {
    try {
      var json = JSON.readTree(content);
      return json.isObject() ? json : null;
    } catch (IOException e) {
      return null;
    }
  }

  private boolean tellsSubject() {
    return !faults.has(Quirk.NO_SUBJECT_HEADER)
        && (faults.has(Quirk.SUBJECT_WITHOUT_API)
            || !(faults.has(Quirk.NO_REFERRERS) || faults.has(Quirk.HTML_REFERRERS)));
  }

  /** The first thing that the manifest names and the repository lacks; a subject may be missing. */
  private @Nullable String missing(Received request, JsonNode json) {
    var room = room(request);
    var blobs =
        Stream.concat(Stream.of(json.path("config")), json.path("layers").valueStream())
            .map(descriptor -> descriptor.path("digest").asText())
            .filter(digest -> !digest.isEmpty())
            .filter(digest -> !room.blobs().containsKey(Store.digest(digest)));
    var manifests =
        json.path("manifests")
            .valueStream()
            .map(descriptor -> descriptor.path("digest").asText())
            .filter(digest -> room.resolve(digest) == null);
    return Stream.concat(blobs, manifests).findFirst().orElse(null);
  }

  private static boolean accepts(Received request, String mediaType) {
    return request.headers().allValues("Accept").stream()
        .flatMap(line -> Stream.of(line.split(",")))
        .anyMatch(type -> type.split(";", 2)[0].strip().equals(mediaType));
  }

  private Store.Room room(Received request) {
    return registry.store().room(request.route().repository());
  }

  private static Answer unknown(String message) {
    return Answer.error(404, "MANIFEST_UNKNOWN", message);
  }
}
