package dev.osimage.oci.faults;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Who may do what, and how others are told (RFC 9110 section 11, distribution's token spec). */
final class Gate {

  static final String BASIC =
      "Basic "
          + Base64.getEncoder()
              .encodeToString(
                  (FaultRegistry.USER + ":" + FaultRegistry.PASSWORD)
                      .getBytes(StandardCharsets.UTF_8));

  private static final String READING = "pull";
  private static final String WRITING = "pull,push";

  private final FaultRegistry registry;
  private final Faults faults;
  private final Tokens tokens;

  Gate(FaultRegistry registry, Faults faults, Tokens tokens) {
    this.registry = registry;
    this.faults = faults;
    this.tokens = tokens;
  }

  /** Why a request may not pass; null when it may. */
  @Nullable Answer refusal(Received request) {
    if (!faults.has(Quirk.BASIC) && !faults.has(Quirk.BEARER)) {
      return null;
    }
    var header = request.header("Authorization");
    var needed = scopes(request);
    if (header == null) {
      return challenge(401, needed, "");
    }
    if (faults.has(Quirk.BASIC) && header.equals(BASIC)) {
      boolean mayNot = faults.has(Quirk.READ_ONLY) && !actions(request).equals(READING);
      return mayNot ? denied() : null;
    }
    if (faults.has(Quirk.BEARER) && header.startsWith("Bearer ")) {
      var grant = tokens.use(header.substring("Bearer ".length()));
      if (grant == null) {
        return challenge(401, needed, "invalid_token");
      }
      if (!grant.covers(needed)) {
        return faults.has(Quirk.SCOPE_403)
            ? denied()
            : challenge(401, needed, "insufficient_scope");
      }
      return null;
    }
    return challenge(401, needed, "");
  }

  /** What another host says to everybody who comes, to see what they bring. */
  Answer collect(String url) {
    return Answer.of(
        401,
        "WWW-Authenticate: Basic realm=\"storage\"",
        "WWW-Authenticate: Bearer realm=\"%s/token\",service=\"storage\"".formatted(url));
  }

  private static Answer denied() {
    return Answer.error(403, "DENIED", "requested access to the resource is denied");
  }

  private String actions(Received request) {
    return switch (request.method()) {
      case "GET", "HEAD" -> READING;
      case "DELETE" -> faults.has(Quirk.NO_DELETE_ACTION) ? WRITING : "delete";
      default -> WRITING;
    };
  }

  private List<String> scopes(Received request) {
    var scopes = new ArrayList<String>();
    if (!request.route().repository().isEmpty()) {
      scopes.add("repository:" + request.route().repository() + ":" + actions(request));
    }
    var from = request.parameter("from");
    if (from != null && request.parameter("mount") != null) {
      scopes.add("repository:" + from + ":" + READING);
    }
    return scopes;
  }

  private Answer challenge(int status, List<String> scopes, String error) {
    var lines = new ArrayList<String>();
    boolean several =
        faults.has(Quirk.CHALLENGES_IN_ONE_LINE) || faults.has(Quirk.CHALLENGES_IN_LINES);
    if (several) {
      lines.add("Negotiate");
      lines.add("Digest realm=\"a, Basic realm=\\\"b\\\"\", nonce=\"c==\", stale=false");
    }
    if (faults.has(Quirk.BEARER)) {
      lines.add(bearer(scopes, error));
    }
    if (faults.has(Quirk.BASIC)) {
      lines.add(cased("Basic") + " " + cased("realm") + "=\"the registry\"");
    }
    var answer = Answer.error(status, "UNAUTHORIZED", "authentication required");
    var headers = new ArrayList<>(answer.headers());
    if (faults.has(Quirk.CHALLENGES_IN_ONE_LINE)) {
      headers.add("WWW-Authenticate: " + String.join(", ", lines));
    } else {
      lines.forEach(line -> headers.add("WWW-Authenticate: " + line));
    }
    return new Answer(status, headers, answer.body(), answer.length(), answer.delivery());
  }

  private String bearer(List<String> scopes, String error) {
    var named = faults.has(Quirk.NO_MOUNT_SCOPE) ? scopes.stream().limit(1).toList() : scopes;
    var parameters = new ArrayList<String>();
    parameters.add(cased("realm") + "=\"" + realm() + "\"");
    parameters.add(cased("service") + "=\"" + Tokens.SERVICE + "\"");
    if (!named.isEmpty()) {
      parameters.add(cased("scope") + "=\"" + String.join(" ", named) + "\"");
    }
    if (!error.isEmpty()) {
      parameters.add("error=\"" + error + "\"");
    }
    return cased("Bearer") + " " + parameters.stream().collect(Collectors.joining(","));
  }

  private String realm() {
    if (faults.has(Quirk.TOKENS_PRIVATE)) {
      return registry.privateUrl() + "/token";
    }
    if (faults.has(Quirk.TOKENS_PLAIN)) {
      return "http://" + registry.plainHost() + "/token";
    }
    return (faults.has(Quirk.TOKENS_ELSEWHERE) ? registry.tokenUrl() : registry.url()) + "/token";
  }

  private String cased(String name) {
    if (!faults.has(Quirk.ODD_CASE)) {
      return name;
    }
    var odd = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      odd.append(i % 2 == 0 ? Character.toLowerCase(c) : Character.toUpperCase(c));
    }
    return odd.toString();
  }
}
