package dev.osimage.oci.faults;

import java.net.URLDecoder;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A request as it arrived; as text {@code METHOD path?query}. */
public final class Received {

  private final String host;
  private final String method;
  private final String target;
  private final HttpHeaders headers;
  private final Route route;
  private final AtomicLong bytes = new AtomicLong();

  Received(String host, String method, String target, HttpHeaders headers) {
    this.host = host;
    this.method = method;
    this.target = target;
    this.headers = headers;
    this.route = Route.of(method, path());
  }

  /** The {@code host:port} that was asked, by the name that this registry gives to it. */
  public String host() {
    return host;
  }

  public String method() {
    return method;
  }

  /** Path and query, as sent. */
  public String target() {
    return target;
  }

  public String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  public Step step() {
    return route.step();
  }

  public HttpHeaders headers() {
    return headers;
  }

  /** The first header of this name. */
  public @Nullable String header(String name) {
    return headers.firstValue(name).orElse(null);
  }

  /** All values of a parameter of the query, decoded. */
  public List<String> parameters(String name) {
    int query = target.indexOf('?');
    return query < 0 ? List.of() : parameters(target.substring(query + 1), name);
  }

  /** The first value of a parameter of the query, decoded. */
  public @Nullable String parameter(String name) {
    return parameters(name).stream().findFirst().orElse(null);
  }

  /** How many bytes of the body were read so far, without the framing of chunks. */
  public long bytes() {
    return bytes.get();
  }

  @Override
  public String toString() {
    return method + " " + target;
  }

  Route route() {
    return route;
  }

  void count(long more) {
    bytes.addAndGet(more);
  }

  static List<String> parameters(String form, String name) {
    return Arrays.stream(form.split("&"))
        .filter(pair -> pair.startsWith(name + "="))
        .map(pair -> URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8))
        .toList();
  }
}
