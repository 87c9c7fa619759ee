package dev.osimage.oci.faults;

import static dev.osimage.oci.faults.Probe.NAME;
import static dev.osimage.oci.faults.Probe.bytes;
import static dev.osimage.oci.faults.Probe.closing;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What registries ask of those who come. */
@Timeout(60)
class AuthQuirkTest {

  private static final String UPLOADS = NAME + "/blobs/uploads/";
  private static final String BASIC = "Authorization: " + Gate.BASIC;
  private static final String PUSH = "repository:os/debian:pull,push";
  private static final String PULL = "repository:os/debian:pull";
  private static final Pattern TOKEN = Pattern.compile("\"(?:access_)?token\":\"([^\"]+)\"");

  private FaultRegistry registry;
  private Probe probe;
  private String blob;

  @BeforeEach
  void start() throws IOException {
    registry = FaultRegistry.start();
    probe = new Probe(registry);
    blob = NAME + "/blobs/" + registry.addBlob(bytes("KERNEL"));
  }

  @AfterEach
  void stop() throws IOException {
    probe.close();
    registry.close();
  }

  @Test
  void basicWantsTheUserAndThePassword() throws IOException {
    registry.add(Quirk.BASIC);

    assertThat(challenges(probe.get("/v2/"))).containsExactly("Basic realm=\"the registry\"");
    assertThat(probe.get("/v2/", "Authorization: Basic eDp5").status()).isEqualTo(401);
    assertThat(probe.get("/v2/", BASIC).status()).isEqualTo(200);
    assertThat(registry.authorizations(registry.host())).containsExactly("Basic eDp5", Gate.BASIC);
    registry.add(Quirk.READ_ONLY);
    assertThat(probe.post(UPLOADS, "", BASIC).status()).isEqualTo(403);
    assertThat(probe.get(blob, BASIC).status()).isEqualTo(200);
  }

  @Test
  void bearerWantsATokenForWhatIsToBeDone() throws IOException {
    registry.add(Quirk.BEARER);
    assertThat(challenges(probe.post(UPLOADS, "")))
        .containsExactly(
            "Bearer realm=\"%s/token\",service=\"%s\",scope=\"%s\""
                .formatted(registry.url(), Tokens.SERVICE, PUSH));
    assertThat(challenges(probe.get("/v2/"))).first().asString().doesNotContain("scope");

    assertThat(probe.post(UPLOADS, "", token(PUSH)).status()).isEqualTo(202);
    assertThat(probe.get(blob, token(PUSH)).status()).isEqualTo(200);
    var refused = probe.post(UPLOADS, "", token(PULL));
    assertThat(refused.status()).isEqualTo(401);
    assertThat(challenges(refused)).first().asString().endsWith("error=\"insufficient_scope\"");
    assertThat(probe.delete(blob, token(PUSH)).status()).isEqualTo(401);
    assertThat(probe.get(blob, BASIC).status()).isEqualTo(401);
    assertThat(challenges(probe.get(blob, "Authorization: Bearer x")))
        .first()
        .asString()
        .endsWith("error=\"invalid_token\"");
    registry.add(Quirk.SCOPE_403);
    assertThat(probe.post(UPLOADS, "", token(PULL)).status()).isEqualTo(403);
  }

  @Test
  void theTokenEndpointKnowsWhomItTrusts() throws IOException {
    registry.add(Quirk.BEARER);

    assertThat(probe.get(tokens(PULL)).status()).isEqualTo(401);
    assertThat(probe.get(tokens(PULL), "Authorization: Basic eDp5").status()).isEqualTo(401);
    assertThat(probe.get("/token?service=other", BASIC).status()).isEqualTo(400);
    var answer = probe.get(tokens(PULL), BASIC).text();
    assertThat(answer).contains("\"token\":", "\"expires_in\":300", "\"issued_at\":");
  }

  @Test
  void anonymousReadersGetATokenForNothingElse() throws IOException {
    registry.add(Quirk.BEARER, Quirk.ANONYMOUS_PULL);
    var token = bearer(probe.get(tokens(PUSH)));

    assertThat(probe.get(blob, token).status()).isEqualTo(200);
    assertThat(probe.post(UPLOADS, "", token).status()).isEqualTo(401);
    registry.add(Quirk.READ_ONLY);
    assertThat(probe.post(UPLOADS, "", token(PUSH)).status()).isEqualTo(401);
  }

  @Test
  void aRefreshTokenIsPosted() throws IOException {
    registry.add(Quirk.BEARER);
    var form =
        "grant_type=refresh_token&client_id=c&service=%s&scope=%s&refresh_token="
            .formatted(encode(Tokens.SERVICE), encode(PUSH));

    assertThat(probe.post("/token", form + "wrong").status()).isEqualTo(400);
    var answer = probe.post("/token", form + FaultRegistry.REFRESH_TOKEN);
    assertThat(answer.text()).contains("\"access_token\":", "\"refresh_token\":");
    assertThat(probe.post(UPLOADS, "", bearer(answer)).status()).isEqualTo(202);
    registry.add(Quirk.NO_TOKEN_POST.of(405));
    assertThat(probe.post("/token", form + FaultRegistry.REFRESH_TOKEN).status()).isEqualTo(405);
  }

  @Test
  void tokensEndWithTheirTimeTheirUsesAndByCommand() throws IOException {
    registry.add(Quirk.BEARER, Quirk.TOKEN_SECONDS.of(10));
    var token = token(PUSH);
    registry.advance(Duration.ofSeconds(5));
    assertThat(probe.get(blob, token).status()).isEqualTo(200);
    registry.advance(Duration.ofSeconds(5));
    assertThat(probe.get(blob, token).status()).isEqualTo(401);

    registry.add(Quirk.TOKEN_USES.of(2));
    var short1 = token(PUSH);
    assertThat(Stream.of(1, 2, 3).map(use -> status(short1))).containsExactly(200, 200, 401);
    var last = token(PUSH);
    registry.expireTokens();
    assertThat(status(last)).isEqualTo(401);
  }

  @Test
  void tokensEndInTheMiddleOfAnUpload() throws IOException {
    registry.add(Quirk.BEARER, Rule.once(Step.UPLOAD_PUT).expiresTokens());
    var token = token(PUSH);
    var opened = probe.post(UPLOADS, "", token);
    var patched = probe.patch(opened.location(), "KERNEL", token);
    assertThat(patched.status()).isEqualTo(202);

    var closing = closing(patched.location(), "KERNEL");
    assertThat(probe.put(closing, "", token).status()).isEqualTo(401);
    assertThat(probe.put(closing, "", token(PUSH)).status()).isEqualTo(201);
  }

  @Test
  void answersWithTokensLackOneThingOrAnother() throws IOException {
    registry.add(Quirk.BEARER, Quirk.NO_EXPIRES_IN, Quirk.NO_ISSUED_AT, Quirk.ACCESS_TOKEN);

    var answer = probe.get(tokens(PUSH), BASIC);
    assertThat(answer.text())
        .contains("\"access_token\":")
        .doesNotContain("expires_in", "issued_at", "\"token\":");
    var token = bearer(answer);
    registry.advance(Duration.ofSeconds(50));
    assertThat(status(token)).isEqualTo(200);
    registry.advance(Duration.ofSeconds(20));
    assertThat(status(token)).isEqualTo(401);
  }

  @Test
  void aMountNeedsBothScopesAndSomeReadOnlyOne() throws IOException {
    registry.add(Quirk.BEARER);
    var mount = UPLOADS + "?from=o&mount=" + registry.addBlob("o", bytes("x"));
    var source = "repository:o:pull";
    assertThat(challenges(probe.post(mount, "")))
        .first()
        .asString()
        .contains("scope=\"" + PUSH + " " + source + "\"");

    assertThat(probe.post(mount, "", token(PUSH)).status()).isEqualTo(401);
    assertThat(probe.post(mount, "", token(PUSH, source)).status()).isEqualTo(201);
    assertThat(probe.post(mount, "", token(PUSH + " " + source)).status()).isEqualTo(201);
    registry.add(Quirk.NO_MOUNT_SCOPE, Quirk.FIRST_SCOPE_ONLY);
    assertThat(challenges(probe.post(mount, "")).getFirst()).contains(PUSH).doesNotContain(source);
    assertThat(probe.post(mount, "", token(PUSH, source)).status()).isEqualTo(401);
    assertThat(probe.post(UPLOADS, "", token(PUSH, source)).status()).isEqualTo(202);
    assertThat(probe.post(UPLOADS, "", token(source, PUSH)).status()).isEqualTo(401);
  }

  @Test
  void theRealmIsSomewhereElse() throws IOException {
    registry.add(Quirk.BEARER, Quirk.TOKENS_ELSEWHERE);
    assertThat(realm()).startsWith("Bearer realm=\"http://" + registry.tokenHost() + "/token\"");
    var answer = probe.get("http://" + registry.tokenHost() + tokens(PUSH), BASIC);
    assertThat(status(bearer(answer))).isEqualTo(200);
    assertThat(registry.authorizations(registry.tokenHost())).containsExactly(Gate.BASIC);

    registry.add(Quirk.TOKENS_PLAIN);
    assertThat(realm()).startsWith("Bearer realm=\"http://" + registry.plainHost() + "/token\"");
    registry.add(Quirk.TOKENS_PRIVATE);
    assertThat(realm()).startsWith("Bearer realm=\"http://169.254.169.254/token\"");
  }

  @Test
  void challengesComeInManyShapes() throws IOException {
    registry.add(Quirk.BEARER, Quirk.BASIC, Quirk.CHALLENGES_IN_LINES);
    assertThat(challenges(probe.get("/v2/")))
        .hasSize(4)
        .anyMatch(line -> line.startsWith("Bearer "))
        .anyMatch(line -> line.startsWith("Basic "));
    assertThat(probe.get("/v2/", BASIC).status()).isEqualTo(200);

    registry.add(Quirk.CHALLENGES_IN_ONE_LINE, Quirk.ODD_CASE);
    assertThat(realm())
        .startsWith("Negotiate, Digest realm=\"a, Basic realm=\\\"b\\\"\", nonce=\"c==\"")
        .contains(", bEaReR rEaLm=\"" + registry.url())
        .endsWith(", bAsIc rEaLm=\"the registry\"");
  }

  private String realm() throws IOException {
    return challenges(probe.get("/v2/")).getFirst();
  }

  private static List<String> challenges(Probe.Reply reply) {
    assertThat(reply.status()).isEqualTo(401);
    return reply.response().headers().allValues("WWW-Authenticate");
  }

  private static String tokens(String... scopes) {
    return Stream.of(scopes)
        .map(scope -> "&scope=" + encode(scope))
        .collect(Collectors.joining("", "/token?service=" + encode(Tokens.SERVICE), ""));
  }

  /** A header with a token for these scopes. */
  private String token(String... scopes) throws IOException {
    return bearer(probe.get(tokens(scopes), BASIC));
  }

  private static String bearer(Probe.Reply answer) {
    var token = TOKEN.matcher(answer.text());
    assertThat(token.find()).isTrue();
    return "Authorization: Bearer " + token.group(1);
  }

  private int status(String token) {
    try {
      return probe.get(blob, token).status();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
