package dev.osimage.oci.registry;

import dev.osimage.oci.http.HttpTransport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * Answers the challenges of one registry and remembers the answers, so that only the first request
 * is refused. Tokens are asked for one at a time, and asked for again before they expire.
 */
final class Authorization {

  private static final int MAX_TOKENS = 100;

  private final HttpTransport http;
  private final HttpUrl registry;
  private final Supplier<Optional<Credentials>> source;
  private final List<Token> tokens = new ArrayList<>();
  private @Nullable TokenServer server;
  private boolean basic;

  /** {@code source} is asked anew for every request: mounted credentials may have changed. */
  Authorization(HttpTransport http, HttpUrl registry, Supplier<Optional<Credentials>> source) {
    this.http = http;
    this.registry = registry;
    this.source = source;
  }

  /**
   * The header for a request that needs these scopes, as far as the registry has asked for one.
   * {@code transfer} wants a token that does not expire soon.
   */
  synchronized Optional<String> header(Scopes scopes, boolean transfer) {
    var credentials = source.get().orElse(null);
    if (credentials instanceof Credentials.RegistryToken token) {
      return Optional.of("Bearer " + checked(token.token()));
    }
    if (server != null) {
      return Optional.of("Bearer " + token(server, scopes, transfer).text());
    }
    return basic && credentials instanceof Credentials.Login login
        ? Optional.of(TokenServer.basic(login))
        : Optional.empty();
  }

  /**
   * Takes the challenges of a request that was refused with {@code used} as its header. Returns
   * whether there is another header to try.
   */
  synchronized boolean answer(List<Challenge> challenges, Scopes wanted, @Nullable String used) {
    var credentials = source.get().orElse(null);
    if (credentials instanceof Credentials.RegistryToken token) {
      return !("Bearer " + checked(token.token())).equals(used);
    }
    for (var challenge : challenges) {
      if (challenge.scheme().equals("bearer")) {
        return answerBearer(challenge, wanted, used);
      }
    }
    boolean asksForBasic =
        challenges.stream().anyMatch(challenge -> challenge.scheme().equals("basic"));
    if (asksForBasic && credentials instanceof Credentials.Login login) {
      basic = true;
      return !TokenServer.basic(login).equals(used);
    }
    return false;
  }

  private boolean answerBearer(Challenge challenge, Scopes wanted, @Nullable String used) {
    var named = TokenServer.of(challenge, registry);
    if (!named.equals(server)) {
      server = named;
      tokens.clear();
    }
    forget(used);
    var asked = Scopes.parse(challenge.parameter("scope"));
    var fresh = token(named, wanted.and(asked), true);
    return !("Bearer " + fresh.text()).equals(used);
  }

  /** Drops a refused token and the older ones; somebody else's request may have renewed it. */
  private void forget(@Nullable String refused) {
    for (int i = 0; i < tokens.size(); i++) {
      if (("Bearer " + tokens.get(i).text()).equals(refused)) {
        tokens.subList(i, tokens.size()).clear();
      }
    }
  }

  private Token token(TokenServer server, Scopes scopes, boolean transfer) {
    var now = Instant.now();
    tokens.removeIf(token -> !token.usableAt(now));
    for (var token : tokens) {
      if (token.scopes().covers(scopes) && (!transfer || token.freshAt(now))) {
        return token;
      }
    }
    var token = server.fetch(http, source.get().orElse(null), scopes);
    if (tokens.size() >= MAX_TOKENS) {
      tokens.removeFirst();
    }
    tokens.addFirst(token);
    return token;
  }

  private String checked(String token) {
    if (!Token.isToken(token)) {
      throw RegistryFailure.unusable(
          registry, "the token in the credentials has characters that no token has");
    }
    return token;
  }
}
