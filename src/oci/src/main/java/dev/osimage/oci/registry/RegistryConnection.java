package dev.osimage.oci.registry;

import dev.osimage.oci.Repository;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.Origins;
import dev.osimage.oci.http.RetryPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Requests about one repository: the one place where credentials are put on a request, and where
 * answers become {@link RegistryException}s.
 */
final class RegistryConnection {

  static final Set<String> SECRET_HEADERS = Set.of("Authorization");

  private final HttpTransport http;
  private final HttpUrl base;
  private final Repository repository;
  private final Authorization authorization;
  private final RetryPolicy retries;

  RegistryConnection(HttpTransport http, Repository repository, RegistrySettings settings) {
    this.http = http;
    this.repository = repository;
    this.base =
        HttpUrl.get(
            (settings.plainHttp() ? "http://" : "https://")
                + apiHost(repository.host())
                + "/v2/"
                + repository.path());
    this.authorization = new Authorization(http, base, settings.credentials());
    this.retries = settings.retries();
  }

  /** Docker Hub's name is not the host of its API. */
  private static String apiHost(String host) {
    return host.equals("docker.io") || host.equals("index.docker.io")
        ? "registry-1.docker.io"
        : host;
  }

  /** How a request travels. */
  enum Way {
    /** It is answered soon. */
    DIRECT,
    /** It may be answered late. */
    UPLOAD,
    /** It reads; redirects are followed. */
    FOLLOW
  }

  HttpTransport http() {
    return http;
  }

  /** The server as {@code host:port}. */
  String host() {
    return Origins.host(base);
  }

  HttpUrl base() {
    return base;
  }

  Repository repository() {
    return repository;
  }

  RetryPolicy retries() {
    return retries;
  }

  Scopes pull() {
    return Scopes.pull(repository.path());
  }

  Scopes push() {
    return Scopes.push(repository.path());
  }

  Scopes delete() {
    return Scopes.delete(repository.path());
  }

  HttpUrl url(String... segments) {
    var url = base.newBuilder();
    for (var segment : segments) {
      url.addPathSegment(segment);
    }
    return url.build();
  }

  /**
   * Sends a request with what the registry wants to see for these scopes, asking for it if need be.
   * An upload's content can't be sent twice: where its token has expired, the failure says that the
   * next try may succeed.
   */
  Response send(Request request, Way way, Scopes scopes, String doing) {
    try {
      boolean ours = Origins.same(request.url(), base);
      var first = ours ? authorized(request, way, scopes) : request;
      var response = transmit(first, way);
      if (response.code() != 401 || !ours || !Origins.same(response.request().url(), base)) {
        return response;
      }
      if (!answered(response, scopes, first.header("Authorization"))) {
        return response;
      }
      if (!HttpTransport.replayable(request)) {
        throw RegistryFailure.passing(failure(response, doing));
      }
      response.close();
      return transmit(authorized(request, way, scopes), way);
    } catch (IOException e) {
      throw RegistryFailure.of(base, doing, e);
    }
  }

  private boolean answered(Response refusal, Scopes scopes, @Nullable String used) {
    try {
      var challenges = Challenge.parse(refusal.headers("WWW-Authenticate"));
      return authorization.answer(challenges, scopes, used);
    } catch (RegistryException e) {
      refusal.close();
      throw e;
    }
  }

  /** Sends a request that is worth only so much time, without answering a challenge. */
  Response sendWithin(Request request, Duration timeout, Scopes scopes, String doing) {
    try {
      boolean ours = Origins.same(request.url(), base);
      return http.send(ours ? authorized(request, Way.DIRECT, scopes) : request, timeout);
    } catch (IOException e) {
      throw RegistryFailure.of(base, doing, e);
    }
  }

  private Request authorized(Request request, Way way, Scopes scopes) {
    var header = authorization.header(scopes, way == Way.UPLOAD);
    return header.isEmpty()
        ? request
        : request.newBuilder().header("Authorization", header.get()).build();
  }

  private Response transmit(Request request, Way way) throws IOException {
    return switch (way) {
      case DIRECT -> http.redirected(http::send, request, SECRET_HEADERS);
      case UPLOAD -> http.redirected(http::upload, request, SECRET_HEADERS);
      case FOLLOW -> http.follow(request, SECRET_HEADERS);
    };
  }

  /** Does something until it succeeds, as the policy says. */
  <T> T retrying(RetryPolicy.Try<T> work) {
    try {
      return retries.run(work);
    } catch (RegistryException e) {
      // Whoever tries around this shall not multiply the tries.
      throw e.retryable() ? RegistryFailure.exhausted(e) : e;
    } catch (IOException e) {
      throw RegistryFailure.of(base, "waiting", e);
    }
  }

  Response expect(Response response, String doing, Set<Integer> statuses) {
    if (!statuses.contains(response.code())) {
      throw failure(response, doing);
    }
    return response;
  }

  /** The failure that a response stands for; closes the response. */
  RegistryException failure(Response response, String doing) {
    try (response) {
      return RegistryFailure.of(base, doing, response);
    }
  }

  RegistryException protocol(String doing, String found) {
    return RegistryFailure.protocol(base, doing, found);
  }

  /** Where the answer says to go on; relative to the request, not to the registry. */
  HttpUrl location(Response response, String doing) {
    var text = response.header("Location");
    var location = text == null ? null : response.request().url().resolve(text);
    if (location == null) {
      throw protocol(doing, "an answer without a usable Location");
    }
    var refusal = Origins.refusal(base, location);
    if (refusal != null) {
      throw protocol(doing, "a Location that " + refusal);
    }
    return location;
  }
}
