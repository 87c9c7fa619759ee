package dev.osimage.oci.registry;

import dev.osimage.oci.Digest;
import dev.osimage.oci.registry.RegistryConnection.Way;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * One upload session of a registry (distribution-spec, "Pushing blobs"). Every answer may move it:
 * the next request goes where the last answer said.
 */
final class BlobSession {

  static final MediaType OCTETS = MediaType.get("application/octet-stream");

  private static final RequestBody EMPTY = RequestBody.create(new byte[0], null);
  private static final Duration CANCEL_TIMEOUT = Duration.ofSeconds(5);

  /** A chunk of content whose length is not known has to be held in memory. */
  static final int LARGEST_BUFFER = 8 * 1024 * 1024;

  /** Okio uses the memory of 64 KiB again; what is written at once beyond that becomes garbage. */
  private static final int PIECE = 32 * 1024;

  private final RegistryConnection registry;
  private final int smallestChunk;
  private HttpUrl location;
  private long sent;

  private BlobSession(RegistryConnection registry, HttpUrl location, int smallestChunk) {
    this.registry = registry;
    this.location = location;
    this.smallestChunk = smallestChunk;
  }

  static BlobSession open(RegistryConnection registry) {
    var doing = "starting an upload";
    var request =
        new Request.Builder().url(registry.url("blobs", "uploads", "")).post(EMPTY).build();
    try (var response = registry.send(request, Way.DIRECT, registry.push(), doing)) {
      registry.expect(response, doing, Set.of(202));
      return of(registry, response, doing);
    }
  }

  static BlobSession of(RegistryConnection registry, Response response, String doing) {
    var least = response.header("OCI-Chunk-Min-Length", "0");
    int chunk = least != null && least.matches("\\d{1,9}") ? Integer.parseInt(least) : 0;
    return new BlobSession(registry, registry.location(response, doing), chunk);
  }

  /** Sends everything in one PATCH. */
  void stream(HashingPipe content, OptionalLong length) throws IOException {
    // No Content-Range: with one, ghcr.io takes no more than 4 MiB at a time.
    patch(new Next(content, length.orElse(-1), length.orElse(-1)), null);
  }

  /** Sends everything in PATCHes of at most {@code size} bytes. */
  void chunks(HashingPipe content, OptionalLong length, int size) throws IOException {
    int chunk = Math.max(size, smallestChunk);
    if (length.isPresent()) {
      long left = length.getAsLong();
      while (left > 0) {
        long next = Math.min(chunk, left);
        patch(new Next(content, next, length.getAsLong()), range(next));
        left -= next;
      }
    } else {
      if (smallestChunk > LARGEST_BUFFER) {
        throw registry.protocol(
            "uploading a blob", "chunks of at least %d bytes".formatted(smallestChunk));
      }
      var buffer = new byte[Math.min(chunk, LARGEST_BUFFER)];
      int filled;
      do {
        filled = fill(content, buffer);
        if (filled > 0) {
          patch(new Chunk(buffer, filled), range(filled));
        }
      } while (filled == buffer.length);
    }
  }

  private static void send(byte[] bytes, int length, BufferedSink sink) throws IOException {
    for (int start = 0; start < length; start += PIECE) {
      sink.write(bytes, start, Math.min(PIECE, length - start));
    }
  }

  private static int fill(HashingPipe content, byte[] buffer) throws IOException {
    var filled = new int[1];
    content.copy(
        buffer.length,
        (bytes, count) -> {
          System.arraycopy(bytes, 0, buffer, filled[0], count);
          filled[0] += count;
        });
    return filled[0];
  }

  private String range(long length) {
    return sent + "-" + (sent + length - 1);
  }

  private void patch(RequestBody body, @Nullable String range) throws IOException {
    var doing = "uploading a blob";
    long length = body.contentLength();
    var request = new Request.Builder().url(location).patch(body);
    if (range != null) {
      request.header("Content-Range", range);
    }
    try (var response = registry.send(request.build(), Way.UPLOAD, registry.push(), doing)) {
      // 202 by the specification; ECR says 201, others 204.
      registry.expect(response, doing, Set.of(201, 202, 204));
      if (range != null) {
        checkRange(response, sent + length, doing);
      }
      if (response.header("Location") != null) {
        location = registry.location(response, doing);
      }
      sent += length;
    }
  }

  /**
   * More than was sent is another session's content. Less is either lost, which the closing PUT
   * finds out, or the header is stale, as ECR's is from the second chunk on.
   */
  private void checkRange(Response response, long expected, String doing) {
    var range = response.header("Range", "");
    var end = range == null ? "" : range.replaceFirst("^(bytes=)?0-", "");
    if (end.matches("\\d{1,18}") && Long.parseLong(end) >= expected) {
      throw registry.protocol(doing, "more content than was sent");
    }
  }

  /** Lets the registry check and show the blob, whose content has been sent. */
  void commit(Digest digest) {
    put(digest, EMPTY);
  }

  /** Sends everything with the closing request. */
  void whole(HashingPipe content, OptionalLong length, Digest digest) {
    put(digest, new Next(content, length.orElse(-1), length.orElse(-1)));
  }

  private void put(Digest digest, RequestBody body) {
    var doing = "committing blob " + digest;
    // The Location may have a query already; nothing else of it may change.
    var url = location.newBuilder().addEncodedQueryParameter("digest", "sha256%3A" + digest.hex());
    var request =
        new Request.Builder()
            .url(url.build())
            .header("Content-Type", OCTETS.toString())
            .put(body)
            .build();
    try (var response = registry.send(request, Way.UPLOAD, registry.push(), doing)) {
      registry.expect(response, doing, Set.of(201, 202, 204));
      RegistryClient.checkDigest(registry, response, digest, doing);
    }
  }

  /** Tells the registry to forget what was sent. */
  void cancel() {
    var request = new Request.Builder().url(location).delete(null).build();
    // An interrupt is the usual reason for cancelling, and would end this request as well.
    boolean interrupted = Thread.interrupted();
    try (var response =
        registry.sendWithin(request, CANCEL_TIMEOUT, registry.push(), "cancelling an upload")) {
      response.code();
    } catch (RuntimeException e) {
      // The registry purges sessions by itself; the reason for cancelling matters more, even where
      // it is that there are no credentials any more.
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A body that must not be sent twice behind anybody's back. */
  private abstract static class OneShot extends RequestBody {

    @Override
    public MediaType contentType() {
      return OCTETS;
    }

    @Override
    public boolean isOneShot() {
      return true;
    }
  }

  /** A chunk in memory: sent twice, a registry that ignores Content-Range would have it twice. */
  private static final class Chunk extends OneShot {

    private final byte[] bytes;
    private final int length;

    Chunk(byte[] bytes, int length) {
      this.bytes = bytes;
      this.length = length;
    }

    @Override
    public long contentLength() {
      return length;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      send(bytes, length, sink);
    }
  }

  /** What comes next of the content, which is gone once it was read. */
  private static final class Next extends OneShot {

    private final HashingPipe content;
    private final long length;
    private final long all;

    /** The next {@code length} of {@code all} bytes; negative where nobody knows. */
    Next(HashingPipe content, long length, long all) {
      this.content = content;
      this.length = length;
      this.all = all;
    }

    @Override
    public long contentLength() {
      return length;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      long limit = length < 0 ? Long.MAX_VALUE : length;
      long copied = content.copy(limit, (bytes, count) -> send(bytes, count, sink));
      if (length >= 0 && copied != length) {
        throw content.ended(all);
      }
    }
  }
}
