package dev.osimage.gateway.web;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.nio.charset.StandardCharsets;

/** Short answers. */
final class Answers {

  private static final HttpString REASON = new HttpString("OsImage-Reason");
  private static final String TEXT = "text/plain; charset=utf-8";

  private Answers() {}

  static void text(HttpServerExchange exchange, String text) {
    exchange
        .getResponseHeaders()
        .put(Headers.CONTENT_TYPE, TEXT)
        .put(Headers.CACHE_CONTROL, "no-cache");
    exchange.getResponseSender().send(text, StandardCharsets.UTF_8);
  }

  static void refuse(HttpServerExchange exchange, Problem problem) {
    exchange.setStatusCode(problem.status());
    var headers = exchange.getResponseHeaders();
    headers.put(Headers.CONTENT_TYPE, TEXT);
    headers.remove(Headers.ETAG);
    if (!problem.reason().isEmpty()) {
      headers.put(REASON, problem.reason());
    }
    if (problem.passes()) {
      headers.put(Headers.RETRY_AFTER, "2");
    }
    exchange.getResponseSender().send(problem.message() + "\n", StandardCharsets.UTF_8);
  }
}
