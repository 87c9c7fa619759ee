package dev.osimage.oci.registry;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.content.ContentException;
import dev.osimage.oci.content.VerifyingStream;
import dev.osimage.oci.http.Download;
import dev.osimage.oci.http.Transfers;
import dev.osimage.oci.registry.RegistryConnection.Way;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Reads blobs (distribution-spec, "Pulling blobs"). */
final class BlobReads {

  /** The sizes that others claim are not taken at their word: ranges cost memory. */
  private static final long RANGES_TO = 1L << 40;

  private static final Pattern TOTAL = Pattern.compile("bytes (?:0-0|\\*)/(\\d{1,18})");

  private final RegistryConnection registry;
  private final int rangesFrom;

  /** Fetches blobs of at least {@code rangesFrom} bytes in several ranges at once. */
  BlobReads(RegistryConnection registry, int rangesFrom) {
    this.registry = registry;
    this.rangesFrom = rangesFrom;
  }

  /** One try. */
  OptionalLong size(Digest digest) {
    var doing = "looking for blob " + digest;
    var request = request(digest).head().build();
    try (var response = registry.send(request, Way.FOLLOW, registry.pull(), doing)) {
      if (response.code() == 404) {
        return OptionalLong.empty();
      }
      registry.expect(response, doing, Set.of(200));
      if (response.header("Content-Encoding") != null) {
        throw registry.protocol(doing, "a blob in another encoding than its own");
      }
      var length = response.header("Content-Length", "");
      return length != null && length.matches("\\d{1,18}")
          ? OptionalLong.of(Long.parseLong(length))
          : sizeByRange(digest);
    }
  }

  /** For registries, and proxies before them, that answer HEAD without a length. */
  private OptionalLong sizeByRange(Digest digest) {
    var doing = "asking for the size of blob " + digest;
    var request = request(digest).header("Range", "bytes=0-0").build();
    try (var response = registry.send(request, Way.FOLLOW, registry.pull(), doing)) {
      // There is no first byte of an empty blob: 416.
      registry.expect(response, doing, Set.of(200, 206, 416));
      var range = response.header("Content-Range", "");
      var total = TOTAL.matcher(range == null ? "" : range);
      long length = total.matches() ? Long.parseLong(total.group(1)) : -1;
      if (response.code() == 200) {
        length = response.body().contentLength();
      }
      if (length < 0) {
        throw registry.protocol(doing, "a blob without Content-Length");
      }
      return OptionalLong.of(length);
    }
  }

  /** One try. */
  byte[] start(Digest digest, int limit) {
    var doing = "reading blob " + digest;
    var request = request(digest).header("Range", "bytes=0-" + (limit - 1)).build();
    try (var response = registry.send(request, Way.FOLLOW, registry.pull(), doing)) {
      if (response.code() == 416) {
        // There is no first byte of an empty blob.
        return new byte[0];
      }
      registry.expect(response, doing, Set.of(200, 206));
      return response.body().byteStream().readNBytes(limit);
    } catch (IOException e) {
      throw RegistryFailure.of(registry.base(), doing, e);
    }
  }

  InputStream open(Descriptor blob) throws IOException {
    var permit = registry.http().transfers().take(registry.host());
    try {
      var content = download(blob);
      return new VerifyingStream(
          new Permitted(content, permit), blob, registry.repository().toString());
    } catch (RuntimeException e) {
      permit.close();
      throw e;
    }
  }

  private Download download(Descriptor blob) {
    var doing = "reading blob " + blob.digest();
    return registry.retrying(number ->
        new Download(
            (range, ifRange) -> get(blob.digest(), range, doing), registry.retries(), true));
  }

  private Response get(Digest digest, @Nullable String range, String doing) {
    var request = request(digest);
    if (range != null) {
      request.header("Range", range);
    }
    var response = registry.send(request.build(), Way.FOLLOW, registry.pull(), doing);
    registry.expect(response, doing, Set.of(200, 206));
    // The digest says what is the same content; the caches in front of a registry may disagree.
    return response.newBuilder().removeHeader("ETag").removeHeader("Last-Modified").build();
  }

  private Request.Builder request(Digest digest) {
    return new Request.Builder().url(registry.url("blobs", digest.toString()));
  }

  void pull(Descriptor blob, Path file) throws IOException {
    var name = "." + file.getFileName() + "." + UUID.randomUUID();
    // Not a temporary file by its rights: the user's umask decides who may read it.
    var part = Files.createFile(file.resolveSibling(name));
    try {
      if (!ranged(blob, part)) {
        stream(blob, part);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private boolean ranged(Descriptor blob, Path part) throws IOException {
    if (blob.size() < rangesFrom || blob.size() > RANGES_TO) {
      return false;
    }
    try (var file = FileChannel.open(part, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      var digest = new RangedPull(registry, blob, file, rangesFrom / 4).run();
      if (digest.isPresent()) {
        check(blob, blob.size(), digest.get());
      }
      return digest.isPresent();
    }
  }

  private void stream(Descriptor blob, Path part) throws IOException {
    try (var file =
            FileChannel.open(part, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        var permit = registry.http().transfers().take(registry.host());
        var content = new Permitted(download(blob), permit);
        var pipe = new HashingPipe(content)) {
      try {
        pipe.copy(blob.size() + 1, (bytes, count) -> write(file, ByteBuffer.wrap(bytes, 0, count)));
      } catch (IOException e) {
        if (pipe.isReadFailure(e)) {
          throw RegistryFailure.of(registry.base(), "reading blob " + blob.digest(), e);
        }
        throw e;
      }
      check(blob, pipe.bytes(), pipe.digest());
    }
  }

  private static void write(FileChannel file, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  void check(Descriptor blob, long bytes, Digest digest) throws ContentException {
    if (bytes == blob.size() && digest.equals(blob.digest())) {
      return;
    }
    throw new ContentException(
        "the blob %s of %s is damaged: %s"
            .formatted(
                blob.digest(),
                registry.repository(),
                bytes == blob.size()
                    ? "it has the content of " + digest
                    : "it does not have the %d bytes promised".formatted(blob.size())));
  }

  /** Gives the permit back when the content has been read, or is not wanted any more. */
  private static final class Permitted extends FilterInputStream {

    private final Transfers.Permit permit;

    Permitted(InputStream content, Transfers.Permit permit) {
      super(content);
      this.permit = permit;
    }

    @Override
    public void close() throws IOException {
      try {
        super.close();
      } finally {
        permit.close();
      }
    }
  }
}
