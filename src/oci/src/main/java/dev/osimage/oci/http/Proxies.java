package dev.osimage.oci.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import okhttp3.Authenticator;
import okhttp3.Credentials;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * Which proxy leads to which host, by the variables {@code HTTP_PROXY}, {@code HTTPS_PROXY} and
 * {@code NO_PROXY} (or in lower case, which wins, as for curl). {@code NO_PROXY} lists hosts,
 * {@code .domains}, addresses, networks in CIDR form, each with an optional port, or {@code *}.
 */
public final class Proxies {

  private final @Nullable HttpUrl http;
  private final @Nullable HttpUrl https;
  private final NoProxy exceptions;

  private Proxies(@Nullable HttpUrl http, @Nullable HttpUrl https, NoProxy exceptions) {
    this.http = http;
    this.https = https;
    this.exceptions = exceptions;
  }

  /** No proxy for anything. */
  public static Proxies none() {
    return new Proxies(null, null, NoProxy.parse(""));
  }

  /** Reads the variables; {@link IllegalArgumentException} names the one that is no proxy. */
  public static Proxies of(Map<String, String> environment) {
    return new Proxies(
        proxy(environment, "http_proxy"),
        proxy(environment, "https_proxy"),
        NoProxy.parse(value(environment, "no_proxy")));
  }

  private static String value(Map<String, String> environment, String name) {
    var lower = environment.getOrDefault(name, "");
    return lower.isBlank()
        ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "").strip()
        : lower.strip();
  }

  private static @Nullable HttpUrl proxy(Map<String, String> environment, String name) {
    var value = value(environment, name);
    if (value.isEmpty()) {
      return null;
    }
    var url = HttpUrl.parse(value.contains("://") ? value : "http://" + value);
    if (url == null || url.isHttps()) {
      // The value may hold a password.
      throw new IllegalArgumentException(
          "the variable %s is not of the form http://host:port"
              .formatted(name.toUpperCase(Locale.ROOT)));
    }
    return url;
  }

  @Nullable HttpUrl proxyFor(String scheme, String host, int port) {
    return exceptions.covers(host, port) ? null : scheme.equals("https") ? https : http;
  }

  ProxySelector selector() {
    return new ProxySelector() {
      @Override
      public List<Proxy> select(@Nullable URI uri) {
        var url = uri == null ? null : HttpUrl.get(uri);
        var proxy = url == null ? null : proxyFor(url.scheme(), url.host(), url.port());
        return List.of(
            proxy == null
                ? Proxy.NO_PROXY
                : new Proxy(
                    Proxy.Type.HTTP,
                    InetSocketAddress.createUnresolved(proxy.host(), proxy.port())));
      }

      @Override
      public void connectFailed(
          @Nullable URI uri, @Nullable SocketAddress address, @Nullable IOException failure) {}
    };
  }

  /**
   * Gives each proxy the user and password of its own URL when a tunnel through it is asked for.
   */
  Authenticator authenticator() {
    return (route, response) -> {
      var login = login(response.request().url());
      return login == null || response.request().header("Proxy-Authorization") != null
          ? null
          : response.request().newBuilder().header("Proxy-Authorization", login).build();
    };
  }

  /**
   * The header Proxy-Authorization of a request that the proxy itself reads, if it needs one: with
   * the first try, because content that is sent once can't be sent again after a 407.
   */
  @Nullable String authorization(HttpUrl url) {
    return url.isHttps() ? null : login(url);
  }

  private @Nullable String login(HttpUrl url) {
    var proxy = proxyFor(url.scheme(), url.host(), url.port());
    return proxy == null || proxy.username().isEmpty()
        ? null
        : Credentials.basic(proxy.username(), proxy.password(), StandardCharsets.UTF_8);
  }

  /** The hosts that are reached without a proxy. */
  private record NoProxy(List<Rule> rules) {

    static NoProxy parse(String text) {
      var rules = new ArrayList<Rule>();
      Arrays.stream(text.split("[,\\s]+", -1))
          .filter(entry -> !entry.isEmpty())
          .forEach(entry -> rules.add(Rule.parse(entry.toLowerCase(Locale.ROOT))));
      return new NoProxy(List.copyOf(rules));
    }

    boolean covers(String host, int port) {
      var name = host.toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
      return rules.stream().anyMatch(rule -> rule.covers(name, port));
    }
  }

  /** One entry: a name with its subdomains, a network, or everything; port 0 is any. */
  private record Rule(String name, @Nullable Network network, int port) {

    static Rule parse(String entry) {
      var network = Network.parse(entry);
      if (network != null) {
        return new Rule(entry, network, 0);
      }
      int colon = entry.lastIndexOf(':');
      boolean withPort = colon > 0 && entry.substring(colon + 1).matches("\\d{1,5}");
      int port = withPort ? Integer.parseInt(entry.substring(colon + 1)) : 0;
      var name = withPort ? entry.substring(0, colon) : entry;
      return new Rule(
          name.replaceFirst("^\\*?\\.", "").replaceFirst("\\.$", "").replaceAll("[\\[\\]]", ""),
          Network.parse(name),
          port);
    }

    boolean covers(String host, int port) {
      if (this.port != 0 && this.port != port) {
        return false;
      }
      if (network != null) {
        return network.contains(host);
      }
      return name.equals("*") || host.equals(name) || host.endsWith("." + name);
    }
  }
}
