package dev.osimage.oci.http;

import java.io.IOException;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;

/** Follows redirects of requests that only read. */
final class Redirects {

  private static final int LIMIT = 10;
  private static final Set<Integer> STATUSES = Set.of(301, 302, 303, 307, 308);

  private Redirects() {}

  /** Sends one request of the chain. */
  interface Hop {
    Response send(Request request) throws IOException;
  }

  static Response follow(Hop http, Request first, Set<String> secret) throws IOException {
    var request = first;
    for (int hops = 0; hops <= LIMIT; hops++) {
      var response = http.send(request);
      if (!STATUSES.contains(response.code())) {
        return response;
      }
      response.close();
      var next = request.newBuilder().url(target(first.url(), response));
      if (!Origins.same(first.url(), next.build().url())) {
        secret.forEach(next::removeHeader);
      }
      request = next.build();
    }
    throw new RedirectException("it redirects more than " + LIMIT + " times");
  }

  private static HttpUrl target(HttpUrl first, Response response) throws RedirectException {
    var location = response.header("Location");
    var target = location == null ? null : response.request().url().resolve(location);
    if (target == null) {
      throw new RedirectException("it redirects without saying where to");
    }
    var refusal = Origins.refusal(first, target);
    if (refusal != null) {
      throw new RedirectException("it answers with a redirect that " + refusal);
    }
    return target;
  }
}
