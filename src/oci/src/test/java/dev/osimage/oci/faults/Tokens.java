package dev.osimage.oci.faults;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The token endpoint, and what its tokens are good for (distribution's token and oauth2 specs). */
final class Tokens {

  static final String SERVICE = "registry of faults";

  private static final int MAX_FORM = 1 << 16;
  private static final int DEFAULT_SECONDS = 60;

  /** What a token is good for; {@code access} has entries such as {@code repository:a/b:pull}. */
  record Grant(Set<String> access, Instant expires, AtomicLong uses) {

    boolean covers(Collection<String> scopes) {
      return scopes.stream().flatMap(Tokens::single).allMatch(access::contains);
    }
  }

  private final Faults faults;
  private final Map<String, Grant> grants = new ConcurrentHashMap<>();
  private volatile Duration passed = Duration.ZERO;

  Tokens(Faults faults) {
    this.faults = faults;
  }

  /** Lets time pass for tokens. */
  void advance(Duration time) {
    passed = passed.plus(time);
  }

  void expireAll() {
    grants.clear();
  }

  @Nullable Grant use(String token) {
    var grant = grants.get(token);
    return grant != null && now().isBefore(grant.expires()) && grant.uses().getAndDecrement() > 0
        ? grant
        : null;
  }

  Answer answer(Exchange exchange) throws IOException {
    return exchange.request().method().equals("POST") ? post(exchange) : get(exchange.request());
  }

  private Answer get(Received request) {
    var header = request.header("Authorization");
    boolean known = Gate.BASIC.equals(header);
    if (!known && !(header == null && faults.has(Quirk.ANONYMOUS_PULL))) {
      return Answer.error(401, "UNAUTHORIZED", "who are you?");
    }
    if (!SERVICE.equals(request.parameter("service"))) {
      return Answer.error(400, "UNSUPPORTED", "unknown service");
    }
    boolean all = known && !faults.has(Quirk.READ_ONLY);
    return issue(request.parameters("scope"), all, false);
  }

  private Answer post(Exchange exchange) throws IOException {
    if (faults.has(Quirk.NO_TOKEN_POST)) {
      return Answer.html(faults.status(Quirk.NO_TOKEN_POST));
    }
    var form = new String(exchange.body().readNBytes(MAX_FORM), StandardCharsets.UTF_8);
    var allowed =
        switch (field(form, "grant_type")) {
          case "refresh_token" -> field(form, "refresh_token").equals(FaultRegistry.REFRESH_TOKEN);
          case "password" ->
              field(form, "username").equals(FaultRegistry.USER)
                  && field(form, "password").equals(FaultRegistry.PASSWORD);
          default -> false;
        };
    if (!allowed || field(form, "client_id").isEmpty()) {
      return Answer.text(400, "application/json", "{\"error\":\"invalid_grant\"}");
    }
    if (!field(form, "service").equals(SERVICE)) {
      return Answer.error(400, "UNSUPPORTED", "unknown service");
    }
    var scopes = List.of(field(form, "scope").split(" "));
    return issue(scopes, !faults.has(Quirk.READ_ONLY), true);
  }

  private Answer issue(List<String> wanted, boolean all, boolean oauth) {
    var scopes = faults.has(Quirk.FIRST_SCOPE_ONLY) ? wanted.stream().limit(1).toList() : wanted;
    if (faults.has(Quirk.NO_DELETE_ACTION)
        && scopes.stream().anyMatch(scope -> scope.contains("delete"))) {
      return Answer.text(
          faults.status(Quirk.NO_DELETE_ACTION),
          "application/json",
          "{\"error\":\"Unable to decode repository and actions\"}");
    }
    var access =
        scopes.stream()
            .flatMap(scope -> Arrays.stream(scope.split(" ")))
            .flatMap(Tokens::single)
            .filter(one -> all || one.endsWith(":pull"))
            .collect(Collectors.toSet());
    boolean told = !faults.has(Quirk.NO_EXPIRES_IN);
    long seconds = told ? faults.value(Quirk.TOKEN_SECONDS) : DEFAULT_SECONDS;
    long uses = faults.has(Quirk.TOKEN_USES) ? faults.value(Quirk.TOKEN_USES) : Long.MAX_VALUE;
    var token = UUID.randomUUID().toString();
    grants.put(token, new Grant(access, now().plusSeconds(seconds), new AtomicLong(uses)));
    var json = JsonNodeFactory.instance.objectNode();
    json.put(oauth || faults.has(Quirk.ACCESS_TOKEN) ? "access_token" : "token", token);
    if (told) {
      json.put("expires_in", seconds);
    }
    if (!faults.has(Quirk.NO_ISSUED_AT)) {
      json.put("issued_at", now().toString());
    }
    if (oauth) {
      json.put("refresh_token", FaultRegistry.REFRESH_TOKEN);
    }
    return Answer.text(200, "application/json", json.toString());
  }

  private Instant now() {
    return Instant.now().plus(passed);
  }

  /** {@code repository:a/b:pull,push} as one entry for each action. */
  private static Stream<String> single(String scope) {
    int colon = scope.lastIndexOf(':');
    return Arrays.stream(scope.substring(colon + 1).split(","))
        .map(action -> scope.substring(0, colon + 1) + action);
  }

  private static String field(String form, String name) {
    return Received.parameters(form, name).stream().findFirst().orElse("");
  }
}
