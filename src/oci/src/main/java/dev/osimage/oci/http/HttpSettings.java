package dev.osimage.oci.http;

import java.time.Duration;
import java.util.Map;

/**
 * Settings of every connection of a process.
 *
 * @param proxies which proxy leads to which host
 * @param connectTimeout how long it may take until a server accepts a connection
 * @param answerTimeout how long a server may take to answer a request without content, and how long
 *     a download may stall
 * @param writeTimeout how long an upload may stall
 * @param commitTimeout how long a registry may take to answer once it has all content: on object
 *     storage it copies the blob in this time
 * @param transfersPerHost how many blobs are sent to or fetched from one host at once
 * @param userAgent the User-Agent header
 */
public record HttpSettings(
    Proxies proxies,
    Duration connectTimeout,
    Duration answerTimeout,
    Duration writeTimeout,
    Duration commitTimeout,
    int transfersPerHost,
    String userAgent) {

  /** The usual settings, with the proxies that the environment names. */
  public static HttpSettings of(Map<String, String> environment) {
    return new HttpSettings(
        Proxies.of(environment),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        Duration.ofMinutes(15),
        3,
        "osimage");
  }

  /** The same with other clocks: no request without content and no stall takes longer than this. */
  public HttpSettings withTimeouts(Duration timeout) {
    return new HttpSettings(
        proxies, timeout, timeout, timeout, timeout, transfersPerHost, userAgent);
  }
}
