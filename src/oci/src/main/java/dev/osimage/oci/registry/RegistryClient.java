package dev.osimage.oci.registry;

import dev.osimage.oci.Digest;
import dev.osimage.oci.DigestMismatchException;
import dev.osimage.oci.Repository;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * A client of one repository in one registry (OCI distribution-spec 1.1). Methods block; they throw
 * {@link RegistryException} for whatever the registry does. Safe for use by several threads.
 */
public final class RegistryClient {

  private static final MediaType OCTETS = MediaType.get("application/octet-stream");
  private static final RequestBody EMPTY = RequestBody.create(new byte[0], null);

  private static final Duration CANCEL_TIMEOUT = Duration.ofSeconds(5);

  private final OkHttpClient following;
  private final OkHttpClient direct;
  private final HttpUrl base;
  private final String host;
  private final @Nullable Credentials credentials;

  /**
   * A client for {@code repository}. {@code http} gives timeouts and the connection pool; uploads
   * always use HTTP/1.1, where each has a connection and a window of its own.
   */
  public RegistryClient(
      OkHttpClient http,
      Repository repository,
      boolean plainHttp,
      @Nullable Credentials credentials) {
    this.host = repository.host();
    this.credentials = credentials;
    this.base =
        HttpUrl.get((plainHttp ? "http://" : "https://") + host + "/v2/" + repository.path());
    this.direct =
        http.newBuilder()
            .protocols(List.of(Protocol.HTTP_1_1))
            .followRedirects(false)
            .followSslRedirects(false)
            .build();
    this.following = direct.newBuilder().followRedirects(true).build();
  }

  /** The size of a blob in bytes, empty when the repository does not have it. */
  public OptionalLong blobSize(Digest digest) {
    var request = request(url("blobs", digest.toString())).head().build();
    var doing = "look for blob " + digest;
    try (var response = send(following, request, doing)) {
      if (response.code() == 404) {
        return OptionalLong.empty();
      }
      expect(response, doing, Set.of(200));
      var length = response.header("Content-Length");
      if (response.header("Content-Encoding") != null) {
        throw RegistryFailure.protocol(host, doing, "a blob in another encoding than its own");
      }
      if (length == null || !length.matches("\\d{1,18}")) {
        throw RegistryFailure.protocol(host, doing, "a blob without Content-Length");
      }
      return OptionalLong.of(Long.parseLong(length));
    }
  }

  /** At most the first {@code limit} bytes of a blob. */
  public byte[] blobStart(Digest digest, int limit) {
    var request =
        request(url("blobs", digest.toString())).header("Range", "bytes=0-" + (limit - 1)).build();
    var doing = "read blob " + digest;
    try (var response = send(following, request, doing)) {
      if (response.code() == 416) {
        // There is no first byte of an empty blob.
        return new byte[0];
      }
      expect(response, doing, Set.of(200, 206));
      return response.body().byteStream().readNBytes(limit);
    } catch (IOException e) {
      throw RegistryFailure.of(host, doing, e);
    }
  }

  /**
   * Uploads a blob in one pass (POST, one streaming PATCH, closing PUT) and returns its size.
   * {@code length} is the number of bytes where it is known. The blob is committed only when its
   * digest is {@code expected}; otherwise the upload is dropped and {@link DigestMismatchException}
   * thrown.
   *
   * @throws IOException if reading {@code content} failed; the registry's failures are {@link
   *     RegistryException}s
   */
  public long pushBlob(Digest expected, InputStream content, OptionalLong length)
      throws IOException {
    var session = openUpload();
    var body = new HashingBody(content, length, OCTETS);
    try {
      session = sendContent(session, body);
      var actual = body.digest();
      if (!actual.equals(expected)) {
        throw new DigestMismatchException(expected, actual, body.sent());
      }
      commit(session, expected);
      return body.sent();
    } catch (DigestMismatchException | RegistryException | IOException e) {
      cancel(session);
      throw e;
    }
  }

  /** Stores a manifest under its digest, and returns the digest. */
  public Digest pushManifest(byte[] manifest, String mediaType) {
    var digest = Digest.of(manifest);
    putManifest(manifest, mediaType, digest.toString(), digest);
    return digest;
  }

  /** Stores a manifest under a tag, moving the tag when it exists. */
  public void tag(byte[] manifest, String mediaType, String tag) {
    putManifest(manifest, mediaType, tag, Digest.of(manifest));
  }

  private HttpUrl openUpload() {
    var request = request(url("blobs", "uploads", "")).post(EMPTY).build();
    var doing = "start an upload";
    try (var response = send(direct, request, doing)) {
      expect(response, doing, Set.of(202));
      return location(response, doing);
    }
  }

  private HttpUrl sendContent(HttpUrl session, HashingBody body) throws IOException {
    var doing = "upload a blob";
    // No Content-Range: with one, ghcr.io takes no more than 4 MiB at a time.
    var request = request(session).patch(body).build();
    try (var response = send(direct, request, doing)) {
      // 202 by the specification; ECR says 201, others 204.
      expect(response, doing, Set.of(201, 202, 204));
      return location(response, doing);
    } catch (RegistryException e) {
      body.throwReadFailure();
      throw e;
    }
  }

  private void commit(HttpUrl session, Digest digest) {
    var url = session.newBuilder().addEncodedQueryParameter("digest", "sha256%3A" + digest.hex());
    var request = request(url.build()).header("Content-Type", OCTETS.toString()).put(EMPTY).build();
    var doing = "commit blob " + digest;
    try (var response = send(direct, request, doing)) {
      expect(response, doing, Set.of(201, 202, 204));
      checkDigest(response, digest, doing);
    }
  }

  private void cancel(HttpUrl session) {
    var impatient = direct.newBuilder().callTimeout(CANCEL_TIMEOUT).build();
    var request = request(session).delete(null).build();
    try (var response = send(impatient, request, "cancel an upload")) {
      response.code();
    } catch (RegistryException e) {
      // The registry purges sessions by itself; the reason for cancelling matters more.
    }
  }

  private void putManifest(byte[] manifest, String mediaType, String reference, Digest digest) {
    var body = RequestBody.create(manifest, MediaType.get(mediaType));
    var request = request(url("manifests", reference)).put(body).build();
    var doing = "push manifest " + reference;
    try (var response = send(direct, request, doing)) {
      expect(response, doing, Set.of(200, 201, 202));
      checkDigest(response, digest, doing);
    }
  }

  private HttpUrl url(String... segments) {
    var url = base.newBuilder();
    for (var segment : segments) {
      url.addPathSegment(segment);
    }
    return url.build();
  }

  private static Request.Builder request(HttpUrl url) {
    // Sizes and digests are of the blobs themselves, not of what a proxy compresses them to.
    return new Request.Builder().url(url).header("Accept-Encoding", "identity");
  }

  private Response send(OkHttpClient http, Request request, String doing) {
    var credentials = this.credentials;
    try {
      // An upload's Location may lie on another host: that host gets no credentials.
      if (credentials != null && sameOrigin(request.url())) {
        request =
            request
                .newBuilder()
                .header(
                    "Authorization",
                    okhttp3.Credentials.basic(
                        credentials.username(), credentials.password(), StandardCharsets.UTF_8))
                .build();
      }
      return http.newCall(request).execute();
    } catch (IOException e) {
      throw RegistryFailure.of(host, doing, e);
    }
  }

  private boolean sameOrigin(HttpUrl url) {
    return url.scheme().equals(base.scheme())
        && url.host().equals(base.host())
        && url.port() == base.port();
  }

  private HttpUrl location(Response response, String doing) {
    var text = response.header("Location");
    // The Location may be relative and is then relative to the request, not to the registry.
    var location = text == null ? null : response.request().url().resolve(text);
    if (location == null) {
      throw RegistryFailure.protocol(host, doing, "an answer without a usable Location");
    }
    if (base.isHttps() && !location.isHttps()) {
      throw RegistryFailure.protocol(host, doing, "a Location that leaves TLS");
    }
    return location;
  }

  private void expect(Response response, String doing, Set<Integer> statuses) {
    if (!statuses.contains(response.code())) {
      throw RegistryFailure.of(host, doing, response);
    }
  }

  private void checkDigest(Response response, Digest digest, String doing) {
    var stored = response.header("Docker-Content-Digest");
    if (stored != null && !stored.equals(digest.toString())) {
      throw RegistryFailure.protocol(host, doing, "digest " + stored + " instead of " + digest);
    }
  }

  /** For log lines: the repository, without credentials. */
  @Override
  public String toString() {
    return base.toString();
  }
}
