package dev.osimage.oci.faults;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a server says, and how it brings it across. {@code headers} are whole lines; {@code length}
 * is what Content-Length claims, without the header when negative.
 */
@SuppressWarnings("ArrayRecordComponent") // Answers are never compared.
public record Answer(
    int status, List<String> headers, byte[] body, long length, Delivery delivery) {

  /** How an answer reaches the client, or does not. */
  sealed interface Delivery {

    /** As it should. */
    record Whole() implements Delivery {}

    /** Before the request's body was read; then the rest is ignored, or the connection reset. */
    record Early(boolean reset) implements Delivery {}

    /** Head and so many bytes of the body, then the end of the connection. */
    record Cut(long bytes) implements Delivery {}

    /** Byte by byte. */
    record Slow(Duration gap) implements Delivery {}

    /** The body again and again, until the client hangs up. */
    record Endless() implements Delivery {}

    /** These characters instead of an answer, then the end of the connection. */
    record Raw(String text) implements Delivery {}

    /** Nothing but a reset. */
    record Reset() implements Delivery {}

    /** Nothing at all, for as long as the client waits. */
    record Never() implements Delivery {}
  }

  /** An answer; headers are whole lines such as {@code "Retry-After: 3"}. */
  public static Answer of(int status, byte[] body, String... headers) {
    return new Answer(status, List.of(headers), body, body.length, new Delivery.Whole());
  }

  /** An answer without a body; headers are whole lines. */
  public static Answer of(int status, String... headers) {
    return of(status, new byte[0], headers);
  }

  /** A text of this media type. */
  public static Answer text(int status, String mediaType, String text) {
    return of(status, text.getBytes(StandardCharsets.UTF_8), "Content-Type: " + mediaType);
  }

  /** An error of a registry (distribution-spec, "Error Codes"). */
  public static Answer error(int status, String code, String message) {
    return text(
        status,
        "application/json",
        "{\"errors\":[{\"code\":\"%s\",\"message\":\"%s\"}]}".formatted(code, message));
  }

  /** A page of a proxy. */
  public static Answer html(int status) {
    return text(
        status,
        "text/html",
        "<html><head><title>%1$d</title></head><body><h1>%1$d</h1></body></html>"
            .formatted(status));
  }

  /** Docker Hub's 429: not JSON. */
  public static Answer tooManyRequests(String retryAfter) {
    return text(429, "text/plain", "Too Many Requests (HAP429).\n")
        .header("Retry-After", retryAfter);
  }

  /** A body that begins like an error and never ends. */
  public static Answer endless(int status) {
    var piece = "{\"errors\":[{\"message\":\"" + "x".repeat(8192);
    return text(status, "application/json", piece).by(new Delivery.Endless()).length(-1);
  }

  /** An answer with one header of so many bytes. */
  public static Answer hugeHeader(int status, int bytes) {
    return of(status, "X-Huge: " + "x".repeat(bytes));
  }

  public Answer status(int other) {
    return new Answer(other, headers, body, length, delivery);
  }

  public Answer body(byte[] other) {
    return new Answer(status, headers, other, other.length, delivery);
  }

  /** Claims another length; a negative one stands for no Content-Length. */
  public Answer length(long other) {
    return new Answer(status, headers, body, other, delivery);
  }

  /** Replaces a header, or removes it. */
  public Answer header(String name, @Nullable String value) {
    var changed = new ArrayList<>(headers);
    changed.removeIf(line -> isHeader(line, name));
    if (value != null) {
      changed.add(name + ": " + value);
    }
    return new Answer(status, List.copyOf(changed), body, length, delivery);
  }

  boolean hasHeader(String name) {
    return headers.stream().anyMatch(line -> isHeader(line, name));
  }

  Answer by(Delivery other) {
    return new Answer(status, headers, body, length, other);
  }

  byte[] head(boolean keepAlive) {
    var head = new StringBuilder("HTTP/1.1 " + status + " \r\n");
    headers.forEach(line -> head.append(line).append("\r\n"));
    if (length >= 0 && status != 204) {
      head.append("Content-Length: ").append(length).append("\r\n");
    }
    if (!keepAlive) {
      head.append("Connection: close\r\n");
    }
    return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static boolean isHeader(String line, String name) {
    return line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":");
  }
}
