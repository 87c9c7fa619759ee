package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildPlan.PlannedPart;
import dev.osimage.oci.http.ConnectionFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** The open source of one part: its bytes and, where it is known, how many there are. */
final class PartSource implements AutoCloseable {

  private final InputStream bytes;
  private final OptionalLong length;

  private PartSource(InputStream bytes, OptionalLong length) {
    this.bytes = bytes;
    this.length = length;
  }

  /** Opens the source that the plan names; a {@link BuildFailure} says why it can't be read. */
  static PartSource open(PlannedPart part, OkHttpClient http) {
    if (part.inline() != null) {
      var content = part.inline().getBytes(StandardCharsets.UTF_8);
      return new PartSource(new ByteArrayInputStream(content), OptionalLong.of(content.length));
    }
    if (part.url() == null) {
      throw new BuildFailure(Reason.INTERNAL_ERROR, name(part) + " has no source in the plan");
    }
    var url = HttpUrl.parse(part.url());
    if (url == null) {
      throw new BuildFailure(
          Reason.INVALID_SPEC, name(part) + ": http.url is not a URL that can be fetched");
    }
    return fetch(part, url, http);
  }

  private static PartSource fetch(PlannedPart part, HttpUrl url, OkHttpClient http) {
    // Asking for identity keeps the bytes as they are: the digest is over them.
    var request = new Request.Builder().url(url).header("Accept-Encoding", "identity").build();
    try {
      var response = http.newCall(request).execute();
      if (response.code() != 200) {
        response.close();
        throw refused(part, url, response);
      }
      long length = response.body().contentLength();
      return new PartSource(
          response.body().byteStream(),
          length < 0 ? OptionalLong.empty() : OptionalLong.of(length));
    } catch (IOException e) {
      throw readFailure(part, e);
    }
  }

  InputStream bytes() {
    return bytes;
  }

  OptionalLong length() {
    return length;
  }

  @Override
  public void close() {
    try {
      bytes.close();
    } catch (IOException e) {
      // Nothing more is wanted from it.
    }
  }

  /** Reading the source ended early. */
  static BuildFailure readFailure(PlannedPart part, IOException cause) {
    var url = part.url() == null ? null : HttpUrl.parse(part.url());
    var where = name(part) + ": " + (url == null ? "its source" : withoutQuery(url));
    return ConnectionFailure.isUntrusted(cause)
        ? new BuildFailure(
            Reason.UNTRUSTED_CERTIFICATE,
            where + " has a certificate that is not trusted: " + ConnectionFailure.describe(cause),
            cause)
        : new BuildFailure(
            Reason.SOURCE_UNAVAILABLE,
            where + " can't be read: " + ConnectionFailure.describe(cause),
            cause);
  }

  private static BuildFailure refused(PlannedPart part, HttpUrl url, Response response) {
    int status = response.code();
    var sentence = name(part) + ": " + withoutQuery(url) + " answers HTTP " + status;
    return switch (status) {
      case 404, 410 ->
          new BuildFailure(Reason.SOURCE_NOT_FOUND, sentence + ": there is no such file");
      case 408, 425, 429 -> new BuildFailure(Reason.SOURCE_UNAVAILABLE, sentence);
      default ->
          new BuildFailure(
              status >= 500 ? Reason.SOURCE_UNAVAILABLE : Reason.SOURCE_REFUSED, sentence);
    };
  }

  /** Queries of pre-signed URLs are credentials. */
  private static String withoutQuery(HttpUrl url) {
    return url.newBuilder().query(null).fragment(null).build().toString();
  }

  private static String name(PlannedPart part) {
    return part.name().text();
  }
}
