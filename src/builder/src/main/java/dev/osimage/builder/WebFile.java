package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.image.BuildStep;
import dev.osimage.oci.http.ClosedTransportException;
import dev.osimage.oci.http.ConnectionFailure;
import dev.osimage.oci.http.Download;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.Origins;
import dev.osimage.oci.http.RedirectException;
import dev.osimage.oci.http.RetryAfter;
import dev.osimage.oci.http.RetryPolicy;
import java.io.FilterInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * A file on a web server, or its copy on a mirror, which is asked without any credentials.
 *
 * @param http trusts the server's authority
 * @param mirror whether it is such a copy
 * @param secret what the server lets one in by; it goes to the URL's own origin only
 * @param parts the parts that are made of it, for messages
 */
record WebFile(
    HttpTransport http,
    HttpUrl url,
    boolean mirror,
    @Nullable MountedSecret secret,
    String parts,
    RetryPolicy retries,
    Patience patience)
    implements Source {

  private static final Set<Integer> FOUND = Set.of(200, 206);

  @Override
  public List<String> hosts() {
    return List.of(Origins.host(url));
  }

  @Override
  public Opened open() throws IOException {
    var download = new Download(this::fetch, retries, false);
    return new Opened(new Explained(download), download.length());
  }

  private Response fetch(@Nullable String range, @Nullable String ifRange) throws IOException {
    var named = secret;
    if (named == null) {
      return fetch(Map.of(), range, ifRange);
    }
    try {
      // Here, so that a download which has come far goes on with other credentials.
      return patience.run(named, () -> fetch(named.headers(), range, ifRange));
    } catch (BuildFailure e) {
      throw new SourceException(e, null);
    }
  }

  private Response fetch(
      Map<String, String> headers, @Nullable String range, @Nullable String ifRange)
      throws IOException {
    var request = new Request.Builder().url(url);
    headers.forEach(request::header);
    if (range != null) {
      request.header("Range", range);
    }
    if (ifRange != null) {
      request.header("If-Range", ifRange);
    }
    Response response;
    try {
      response = http.follow(request.build(), new HashSet<>(headers.keySet()));
    } catch (IOException e) {
      throw explained(e);
    }
    // Nobody asked for a part of it at first.
    if (!FOUND.contains(response.code()) || (range == null && response.code() == 206)) {
      try (response) {
        throw refused(response);
      }
    }
    return response;
  }

  private SourceException explained(IOException e) {
    if (e instanceof SourceException explained) {
      return explained;
    }
    var where = parts + ": " + Origins.withoutSecrets(url);
    var what = ConnectionFailure.describe(e);
    if (ConnectionFailure.isUntrusted(e)) {
      return failure(
          Reason.UNTRUSTED_CERTIFICATE,
          "%s has a certificate that is not trusted (name its authority in %s): %s"
              .formatted(where, mirror ? "the chart's builder.caBundle" : "http.caBundleRef", what),
          e);
    }
    if (e instanceof RedirectException) {
      return failure(Reason.SOURCE_REFUSED, where + " can't be read: " + what, e);
    }
    var reason =
        e instanceof ClosedTransportException ? Reason.BUILD_TIMEOUT : Reason.SOURCE_UNAVAILABLE;
    return failure(reason, where + " can't be read: " + what, e);
  }

  private static SourceException failure(Reason reason, String message, IOException cause) {
    return new SourceException(new BuildFailure(BuildStep.SOURCE, reason, message, cause), null);
  }

  private SourceException refused(Response response) {
    int status = response.code();
    var sentence = parts + ": " + Origins.withoutSecrets(url) + " answers HTTP " + status;
    var failure =
        switch (status) {
          case 404, 410 -> failure(Reason.SOURCE_NOT_FOUND, sentence + ": there is no such file");
          case 401, 403 -> unauthorized(status, sentence, response.request().url());
          case 408, 425, 429 -> failure(Reason.SOURCE_UNAVAILABLE, sentence);
          default ->
              failure(status >= 500 ? Reason.SOURCE_UNAVAILABLE : Reason.SOURCE_REFUSED, sentence);
        };
    return new SourceException(
        failure, RetryAfter.parse(response.header("Retry-After"), Instant.now()).orElse(null));
  }

  private static BuildFailure failure(Reason reason, String message) {
    return new BuildFailure(BuildStep.SOURCE, reason, message);
  }

  /** Throws what another Secret would mend. */
  private BuildFailure unauthorized(int status, String sentence, HttpUrl asked) {
    if (!Origins.same(asked, url)) {
      return failure(
          Reason.SOURCE_REFUSED,
          sentence
              + ": it redirects to %s, where the credentials of http.secretRef are not sent"
                  .formatted(Origins.host(asked)));
    }
    if (mirror) {
      return failure(Reason.SOURCE_REFUSED, sentence + ": mirrors get no credentials");
    }
    if (secret == null) {
      return failure(
          Reason.SOURCE_REFUSED,
          sentence + ": name a Secret in http.secretRef if it wants credentials");
    }
    if (status == 403) {
      return new BuildFailure(
          BuildStep.CREDENTIALS,
          Reason.CREDENTIALS_REFUSED,
          sentence
              + ": it does not allow this file with the credentials of %s: let them read it, or put others there"
                  .formatted(secret));
    }
    throw new SecretFailure(
        Reason.CREDENTIALS_REFUSED,
        sentence
            + ": it does not accept the credentials of %s (wrong or expired): correct them, the next attempt reads them again"
                .formatted(secret),
        null);
  }

  /** For messages. */
  @Override
  public String toString() {
    return Origins.withoutSecrets(url);
  }

  /** Says of every failure which source it was. */
  private final class Explained extends FilterInputStream {

    Explained(Download download) {
      super(download);
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      try {
        return super.read(buffer, offset, length);
      } catch (IOException e) {
        throw explained(e);
      }
    }
  }
}
