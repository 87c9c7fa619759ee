package dev.osimage.oci.faults;

import java.io.IOException;

/** What stands in front of a registry and knows nothing of registries. */
final class Proxy {

  private final Faults faults;

  Proxy(Faults faults) {
    this.faults = faults;
  }

  Answer answer(Exchange exchange, Exchange.Handler next) throws IOException {
    var request = exchange.request();
    if (exchange.body().isChunked() && faults.has(Quirk.NO_CHUNKED_TRANSFER)) {
      int status = faults.status(Quirk.NO_CHUNKED_TRANSFER);
      return Answer.error(status, "CONTENT_LENGTH_INVALID", "a length is needed");
    }
    if (faults.has(Quirk.NARROW_ACCEPT_406) && isNarrow(request)) {
      return Answer.of(406);
    }
    if (faults.has(Quirk.BODY_CUT)) {
      exchange.body().cutAfter(faults.value(Quirk.BODY_CUT));
    }
    boolean resets = faults.has(Quirk.BODY_LIMIT_RESET);
    if (!resets && !faults.has(Quirk.BODY_LIMIT)) {
      return next.answer(exchange);
    }
    long limit = faults.value(resets ? Quirk.BODY_LIMIT_RESET : Quirk.BODY_LIMIT);
    var refusal = Answer.html(413).by(new Answer.Delivery.Early(resets));
    if (request.headers().firstValueAsLong("Content-Length").orElse(0) > limit) {
      return refusal;
    }
    exchange.body().cutAfter(limit);
    try {
      return next.answer(exchange);
    } catch (RequestBody.CutException e) {
      return refusal;
    }
  }

  /** The last look at an answer. */
  Answer finish(Exchange exchange, Answer answer) {
    if (answer.status() < 400 || !(answer.delivery() instanceof Answer.Delivery.Whole)) {
      return answer;
    }
    boolean resets = faults.has(Quirk.EAGER_REFUSAL_RESET);
    var eager = resets || faults.has(Quirk.EAGER_REFUSAL);
    return eager && !exchange.body().isEnded()
        ? answer.by(new Answer.Delivery.Early(resets))
        : answer;
  }

  Answer page(Answer answer) {
    return answer.status() >= 400 && faults.has(Quirk.HTML_ERRORS)
        ? answer.body(Answer.html(answer.status()).body()).header("Content-Type", "text/html")
        : answer;
  }

  private static boolean isNarrow(Received request) {
    var accept = request.headers().allValues("Accept");
    return !request.path().contains("/manifests/")
        && !accept.isEmpty()
        && accept.stream().noneMatch(line -> line.contains("*/*"));
  }
}
