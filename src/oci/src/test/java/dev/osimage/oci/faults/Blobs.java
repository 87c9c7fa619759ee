package dev.osimage.oci.faults;

import dev.osimage.oci.Digest;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/** Blobs that are there (distribution-spec, "Pulling blobs", "Deleting Blobs"). */
final class Blobs {

  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  private final FaultRegistry registry;
  private final Faults faults;
  private final AtomicInteger tags = new AtomicInteger();

  Blobs(FaultRegistry registry, Faults faults) {
    this.registry = registry;
    this.faults = faults;
  }

  /** GET and HEAD at the registry. */
  Answer get(Received request) {
    var route = request.route();
    var digest = Store.digest(route.reference());
    if (digest == null) {
      return Answer.error(400, "DIGEST_INVALID", "not a digest");
    }
    var content = registry.store().room(route.repository()).blobs().get(digest);
    if (content == null) {
      return Answer.error(404, "BLOB_UNKNOWN", "blob unknown to registry");
    }
    if (faults.has(Quirk.BLOB_REDIRECT_LOOP)) {
      return redirect(registry.url() + request.target());
    }
    if (faults.has(Quirk.BLOB_REDIRECT_PRIVATE)) {
      return redirect(registry.privateUrl() + "/latest/meta-data/");
    }
    if (faults.has(Quirk.BLOB_REDIRECT)) {
      var host =
          faults.has(Quirk.STORAGE_PLAIN)
              ? "http://" + registry.plainHost()
              : registry.storageUrl();
      var path = "/storage/" + route.repository() + "/blobs/" + digest;
      return redirect(host + path + "?X-Amz-Signature=s1gned&X-Amz-Date=2026%2F01");
    }
    return content(request, digest, content);
  }

  /** GET and HEAD at the other host; whoever has the signed URL may. */
  Answer stored(Received request) {
    var route = request.route();
    var digest = Store.digest(route.reference());
    var content = registry.store().room(route.repository()).blobs().get(digest);
    if (digest == null
        || content == null
        || !"s1gned".equals(request.parameter("X-Amz-Signature"))) {
      return Answer.text(403, "application/xml", "<Error><Code>AccessDenied</Code></Error>");
    }
    return content(request, digest, content).header("Docker-Content-Digest", null);
  }

  Answer delete(Received request) {
    var digest = Store.digest(request.route().reference());
    if (faults.has(Quirk.NO_DELETE)) {
      return Answer.error(faults.status(Quirk.NO_DELETE), "UNSUPPORTED", "deletion is off");
    }
    var blobs = registry.store().room(request.route().repository()).blobs();
    return digest != null && blobs.remove(digest) != null
        ? Answer.of(202)
        : Answer.error(404, "BLOB_UNKNOWN", "blob unknown to registry");
  }

  private Answer redirect(String location) {
    return Answer.of(faults.status(Quirk.BLOB_REDIRECT), "Location: " + location);
  }

  private Answer content(Received request, Digest digest, byte[] content) {
    var tag = faults.has(Quirk.CHANGING_ETAG) ? "" + tags.incrementAndGet() : digest.toString();
    var whole =
        Answer.of(
            200,
            content,
            "Content-Type: application/octet-stream",
            "Docker-Content-Digest: " + digest,
            "ETag: \"" + tag + "\"");
    if (faults.has(Quirk.NO_BLOB_RANGES)) {
      return whole;
    }
    whole = whole.header("Accept-Ranges", "bytes");
    var header = request.header("Range");
    var range = RANGE.matcher(header == null ? "" : header);
    return range.matches() && request.method().equals("GET")
        ? part(whole, range.group(1), range.group(2))
        : whole;
  }

  private Answer part(Answer whole, String first, String last) {
    int size = whole.body().length;
    long start = first.isEmpty() ? Math.max(0, size - number(last, size)) : number(first, 0);
    long end = first.isEmpty() ? size - 1 : Math.min(number(last, size - 1), size - 1);
    if (start >= size || start > end) {
      return Answer.of(416, "Content-Range: bytes */" + size);
    }
    long lie = faults.has(Quirk.LYING_CONTENT_RANGE) ? faults.value(Quirk.LYING_CONTENT_RANGE) : 0;
    return whole
        .status(206)
        .body(Arrays.copyOfRange(whole.body(), (int) start, (int) end + 1))
        .header("Content-Range", "bytes %d-%d/%d".formatted(start + lie, end + lie, size));
  }

  private static long number(String digits, long otherwise) {
    return digits.isEmpty() ? otherwise : Long.parseLong(digits);
  }
}
