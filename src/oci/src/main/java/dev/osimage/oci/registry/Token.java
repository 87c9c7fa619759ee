package dev.osimage.oci.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A bearer token, for whom it lets do what, and for how long. */
record Token(String text, Scopes scopes, Instant received, Duration lifetime) {

  /** Token servers that say nothing mean this (distribution's token specification). */
  private static final Duration DEFAULT_LIFETIME = Duration.ofSeconds(60);

  private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(5);
  private static final Duration MARGIN = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Reads a token server's answer; empty when it holds no token. */
  static Optional<Token> parse(byte[] answer, Scopes scopes, Instant now) {
    JsonNode json;
    try {
      json = JSON.readTree(answer);
    } catch (IOException e) {
      return Optional.empty();
    }
    var text = json.path("token").asText("");
    if (text.isEmpty()) {
      text = json.path("access_token").asText("");
    }
    if (!isToken(text)) {
      return Optional.empty();
    }
    long seconds = json.path("expires_in").asLong(0);
    var lifetime = seconds > 0 ? Duration.ofSeconds(Math.min(seconds, 86_400)) : DEFAULT_LIFETIME;
    return Optional.of(new Token(text, scopes, now, lifetime));
  }

  /** Whether a text can stand in a header: an exception of the HTTP library would quote it. */
  static boolean isToken(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c > 0x20 && c < 0x7f);
  }

  boolean usableAt(Instant now) {
    return now.isBefore(received.plus(lifetime).minus(CLOCK_TOLERANCE));
  }

  /** Whether a transfer may begin: the registry looks at the token at its start, and at its end. */
  boolean freshAt(Instant now) {
    var half = lifetime.dividedBy(2);
    var margin = half.compareTo(MARGIN) < 0 ? half : MARGIN;
    return now.isBefore(received.plus(lifetime).minus(margin));
  }

  @Override
  public String toString() {
    return "Token[hidden]";
  }
}
