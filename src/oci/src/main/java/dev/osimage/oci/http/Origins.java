package dev.osimage.oci.http;

import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** Who may learn of a credential, and where a server may send a client. */
public final class Origins {

  private Origins() {}

  /** Whether both URLs have the same scheme, host and port: only then they share credentials. */
  public static boolean same(HttpUrl a, HttpUrl b) {
    return a.scheme().equals(b.scheme()) && a.host().equals(b.host()) && a.port() == b.port();
  }

  /**
   * Why a client that wanted to speak to {@code first} must not be sent to {@code target}, or null
   * when it may: TLS is not left, and a private address is only gone to where it is the first
   * host's own, because what lies there trusts who is near.
   */
  public static @Nullable String refusal(HttpUrl first, HttpUrl target) {
    if (first.isHttps() && !target.isHttps()) {
      return "leaves TLS";
    }
    boolean near =
        target.host().equals(first.host())
            || (Network.isLoopback(first.host()) && Network.isLoopback(target.host()));
    if (Network.isPrivateLiteral(target.host()) && !near) {
      return "leads to the private address " + target.host();
    }
    return null;
  }

  /** The server of a URL as {@code host:port}. */
  public static String host(HttpUrl url) {
    return url.host() + ":" + url.port();
  }

  /** A URL for a message: queries and user names may be credentials. */
  public static String withoutSecrets(HttpUrl url) {
    return url.newBuilder().query(null).fragment(null).username("").password("").build().toString();
  }
}
