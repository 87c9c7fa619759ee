package dev.osimage.oci.faults;

import dev.osimage.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Sessions in which blobs are pushed (distribution-spec, "Pushing Blobs"). */
final class Uploads {

  private static final Pattern RANGE = Pattern.compile("(\\d{1,18})-(\\d{1,18})");

  /** How many PATCHes an upload had, and how long the first and the last of them were. */
  private record Chunks(int count, long first, long last) {

    Chunks and(long length) {
      return new Chunks(count + 1, count == 0 ? length : first, length);
    }
  }

  /** One upload, as far as it came. */
  private static final class Session {
    final String id = UUID.randomUUID().toString();
    final String repository;
    final ByteArrayOutputStream content = new ByteArrayOutputStream();
    volatile Chunks chunks = new Chunks(0, 0, 0);

    Session(String repository) {
      this.repository = repository;
    }
  }

  private final FaultRegistry registry;
  private final Faults faults;
  private final Map<String, Session> sessions = new ConcurrentHashMap<>();

  Uploads(FaultRegistry registry, Faults faults) {
    this.registry = registry;
    this.faults = faults;
  }

  int open() {
    return sessions.size();
  }

  Answer post(Exchange exchange) throws IOException {
    var request = exchange.request();
    var repository = request.route().repository();
    var mount = request.parameter("mount");
    if (mount != null) {
      if (faults.has(Quirk.MOUNT_STATUS)) {
        return Answer.error(faults.status(Quirk.MOUNT_STATUS), "UNSUPPORTED", "no mount");
      }
      if (mount(repository, Store.digest(mount), request.parameter("from"))) {
        return stored(repository, Digest.parse(mount));
      }
    }
    var session = new Session(repository);
    var digest = request.parameter("digest");
    if (digest != null && !exchange.body().isEnded() && !faults.has(Quirk.POST_DIGEST_IGNORED)) {
      receive(exchange, session);
      return commit(session, digest);
    }
    sessions.put(session.id, session);
    var answer = progress(202, session);
    return faults.has(Quirk.CHUNK_MINIMUM)
        ? answer.header("OCI-Chunk-Min-Length", "" + faults.value(Quirk.CHUNK_MINIMUM))
        : answer;
  }

  Answer patch(Exchange exchange) throws IOException {
    if (faults.has(Quirk.NO_PATCH)) {
      return Answer.error(faults.status(Quirk.NO_PATCH), "UNSUPPORTED", "no PATCH here");
    }
    var session = find(exchange.request());
    if (session == null) {
      return unknown();
    }
    if (faults.has(Quirk.ONE_PATCH_ONLY) && session.chunks.count() > 0) {
      return Answer.error(400, "UNSUPPORTED", "an upload in several chunks is not supported");
    }
    var refusal = refusal(exchange, session);
    if (refusal != null) {
      return refusal;
    }
    long before = session.content.size();
    receive(exchange, session);
    session.chunks = session.chunks.and(session.content.size() - before);
    int status = faults.has(Quirk.PATCH_STATUS) ? faults.status(Quirk.PATCH_STATUS) : 202;
    return progress(status, session);
  }

  Answer status(Exchange exchange) {
    var session = find(exchange.request());
    return session == null ? unknown() : progress(204, session);
  }

  Answer put(Exchange exchange) throws IOException {
    var request = exchange.request();
    boolean empty = exchange.body().isEnded();
    var session = find(request);
    if (session == null) {
      return unknown();
    }
    if (!empty && session.chunks.count() == 0 && faults.has(Quirk.PUT_BODY_404)) {
      return Answer.error(404, "BLOB_UNKNOWN", "blob unknown to registry");
    }
    if (empty && session.chunks.count() > 1 && faults.has(Quirk.EMPTY_PUT_500)) {
      return Answer.error(500, "UNKNOWN", "internal error");
    }
    var refusal = refusal(exchange, session);
    if (refusal != null) {
      return refusal;
    }
    receive(exchange, session);
    sessions.remove(session.id);
    return commit(session, request.parameter("digest"));
  }

  Answer delete(Exchange exchange) {
    var session = find(exchange.request());
    if (session == null) {
      return unknown();
    }
    sessions.remove(session.id);
    return Answer.of(204);
  }

  private boolean mount(String repository, @Nullable Digest digest, @Nullable String from) {
    if (digest == null || from == null || faults.has(Quirk.MOUNT_202)) {
      return false;
    }
    var content = registry.store().room(from).blobs().get(digest);
    if (content == null) {
      return false;
    }
    registry.store().room(repository).blobs().put(digest, content);
    return true;
  }

  private @Nullable Session find(Received request) {
    var session = sessions.get(request.route().reference());
    if (session == null || !session.repository.equals(request.route().repository())) {
      return null;
    }
    if (faults.has(Quirk.STATE_IN_LOCATION)
        && !("" + session.chunks.count()).equals(request.parameter("_state"))) {
      sessions.remove(session.id);
      return null;
    }
    return session;
  }

  /** What is wrong with a chunk; null for a good one, and for a body that is not a chunk. */
  private @Nullable Answer refusal(Exchange exchange, Session session) {
    var header = exchange.request().header("Content-Range");
    if (header == null) {
      return null;
    }
    var range = RANGE.matcher(header);
    if (!range.matches()) {
      return Answer.error(416, "RANGE_INVALID", "Content-Range is not <start>-<end>");
    }
    long start = Long.parseLong(range.group(1));
    long length = Long.parseLong(range.group(2)) - start + 1;
    if (faults.has(Quirk.CONTENT_RANGE_CAP) && length > faults.value(Quirk.CONTENT_RANGE_CAP)) {
      return Answer.error(416, "UNKNOWN", "request body too large, allowed are 4.00MiB");
    }
    if (faults.has(Quirk.CHUNK_MINIMUM)
        && session.chunks.count() > 0
        && session.chunks.last() < faults.value(Quirk.CHUNK_MINIMUM)) {
      return Answer.error(416, "SIZE_INVALID", "the chunk before was too short");
    }
    if (faults.has(Quirk.CONTENT_RANGE_IGNORED)) {
      return null;
    }
    if (start != session.content.size()) {
      return Answer.error(416, "RANGE_INVALID", "expected " + session.content.size());
    }
    long sent = exchange.request().headers().firstValueAsLong("Content-Length").orElse(length);
    return sent == length ? null : Answer.error(400, "SIZE_INVALID", "not what the range says");
  }

  private void receive(Exchange exchange, Session session) throws IOException {
    try {
      exchange.body().transferTo(session.content);
    } catch (IOException e) {
      if (faults.has(Quirk.BROKEN_PATCH_KILLS_SESSION)) {
        sessions.remove(session.id);
      }
      throw e;
    }
  }

  private Answer commit(Session session, @Nullable String claimed) {
    var content = session.content.toByteArray();
    var digest = Digest.of(content);
    if (!digest.toString().equals(claimed)) {
      return Answer.error(400, "DIGEST_INVALID", "the content is " + digest);
    }
    registry.store().room(session.repository).blobs().put(digest, content);
    return stored(session.repository, digest);
  }

  private Answer stored(String repository, Digest digest) {
    return Answer.of(
        201,
        "Location: " + base() + "/v2/" + repository + "/blobs/" + digest,
        "Docker-Content-Digest: " + digest);
  }

  private Answer progress(int status, Session session) {
    long stored = faults.has(Quirk.STALE_RANGE) ? session.chunks.first() : session.content.size();
    if (faults.has(Quirk.LYING_RANGE) && session.chunks.count() > 0) {
      stored += faults.value(Quirk.LYING_RANGE);
    }
    var answer =
        Answer.of(
            status,
            "Range: 0-" + Math.max(0, stored - 1),
            "Docker-Upload-UUID: " + session.id,
            "Location: " + location(session));
    return status != 204 && faults.has(Quirk.NO_LOCATION)
        ? answer.header("Location", null)
        : answer;
  }

  private String location(Session session) {
    var path = "/v2/" + session.repository + "/blobs/uploads/" + session.id;
    var query = faults.has(Quirk.STATE_IN_LOCATION) ? "?_state=" + session.chunks.count() : "";
    return base() + path + query;
  }

  private String base() {
    if (faults.has(Quirk.UPLOADS_PRIVATE)) {
      return registry.privateUrl();
    }
    if (faults.has(Quirk.UPLOADS_PLAIN)) {
      return "http://" + registry.plainHost();
    }
    if (faults.has(Quirk.UPLOADS_ELSEWHERE)) {
      return registry.storageUrl();
    }
    return faults.has(Quirk.RELATIVE_LOCATION) ? "" : registry.url();
  }

  private static Answer unknown() {
    return Answer.error(404, "BLOB_UPLOAD_UNKNOWN", "no such upload");
  }
}
