package dev.osimage.gateway.web;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * How machines are served.
 *
 * @param port where; 0 is any that is free
 * @param certificate for TLS; plain HTTP without
 * @param baseUrl what machines reach the gateway by, without a slash at the end
 * @param append which kernel arguments a request may add
 * @param maxConnections how many connections are accepted at once; further ones wait
 * @param idleTimeout how long a connection may do nothing
 * @param requestTimeout how long a client may take to send a request
 * @param requestsPerSecond of one client; 0 is no limit
 */
public record WebSettings(
    int port,
    Optional<ServerCertificate> certificate,
    String baseUrl,
    AppendRules append,
    int maxConnections,
    Duration idleTimeout,
    Duration requestTimeout,
    int requestsPerSecond) {

  public WebSettings {
    if (!baseUrl.matches("https?://[A-Za-z0-9.:\\[\\]-]+(/[A-Za-z0-9._~/-]*)?")
        || baseUrl.endsWith("/")) {
      throw new IllegalArgumentException(
          "the base URL '%s' is not of the form http://host[:port][/path], without a slash at the end"
              .formatted(baseUrl));
    }
  }

  /** What of the base URL comes before our own paths: a proxy takes it away. */
  String prefix() {
    var path = URI.create(baseUrl).getPath();
    return path == null ? "" : path;
  }
}
