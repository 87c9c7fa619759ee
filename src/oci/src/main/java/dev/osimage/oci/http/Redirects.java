package dev.osimage.oci.http;

import dev.osimage.oci.http.HttpTransport.Hop;
import java.io.IOException;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;

/** Follows redirects. */
final class Redirects {

  private static final int LIMIT = 10;
  private static final Set<Integer> STATUSES = Set.of(301, 302, 303, 307, 308);

  private static final Set<Integer> KEEPING_METHOD = Set.of(307, 308);

  private Redirects() {}

  static Response follow(Hop http, Request first, Set<String> secret) throws IOException {
    return follow(http, first, secret, STATUSES);
  }

  static Response followKeepingMethod(Hop http, Request first, Set<String> secret)
      throws IOException {
    return follow(http, first, secret, KEEPING_METHOD);
  }

  private static Response follow(Hop http, Request first, Set<String> secret, Set<Integer> statuses)
      throws IOException {
    var request = first;
    for (int hops = 0; hops <= LIMIT; hops++) {
      var response = http.send(request);
      if (!statuses.contains(response.code())) {
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
