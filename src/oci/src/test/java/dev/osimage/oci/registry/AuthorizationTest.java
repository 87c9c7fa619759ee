package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import dev.osimage.oci.Repository;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Received;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import dev.osimage.oci.registry.RegistryException.Kind;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorizationTest extends AgainstFaults {

  private static final byte[] CONTENT = bytes(100_000);
  private static final Digest DIGEST = Digest.of(CONTENT);
  private static final String PUSH = "repository:os/debian:pull,push";
  private static final String PULL = "repository:os/debian:pull";

  @ParameterizedTest
  @CsvSource({
    "BASIC, NO_ISSUED_AT",
    "BASIC, ODD_CASE",
    "BASIC, CHALLENGES_IN_LINES",
    "BASIC, CHALLENGES_IN_ONE_LINE",
    "BEARER, ODD_CASE",
    "BEARER, CHALLENGES_IN_LINES",
    "BEARER, CHALLENGES_IN_ONE_LINE",
    "BEARER, BASIC",
    "BEARER, ACCESS_TOKEN",
    "BEARER, NO_EXPIRES_IN",
    "BEARER, TOKENS_ELSEWHERE"
  })
  void onlyTheFirstRequestIsRefused(Quirk scheme, Quirk oddity) throws IOException {
    var registry = registry(scheme, oddity);
    var client = client(registry);

    client.pushBlob(DIGEST, Content.of(CONTENT));
    client.tag(Operation.image(registry, "x"), "1");

    assertThat(steps(registry))
        .filteredOn(step -> step != Step.TOKEN)
        .containsExactly(
            Step.UPLOAD_POST,
            Step.UPLOAD_POST,
            Step.UPLOAD_PATCH,
            Step.UPLOAD_PUT,
            Step.MANIFEST_PUT);
    assertThat(registry.count(Step.TOKEN)).isEqualTo(scheme == Quirk.BEARER ? 1 : 0);
    assertThat(registry.requests().getFirst().header("Authorization"))
        .as("nobody is told a password who has not asked for it")
        .isNull();
  }

  @Test
  void anonymousReadersSendNoAuthorizationToTheTokenServer() throws IOException {
    var registry = registry(Quirk.BEARER, Quirk.ANONYMOUS_PULL);
    registry.addBlob(CONTENT);

    assertThat(client(registry, (Credentials) null).blobSize(DIGEST)).hasValue(100_000);

    var token = registry.requests(Step.TOKEN).getFirst();
    assertThat(token.method()).isEqualTo("GET");
    assertThat(token.header("Authorization")).isNull();
    assertThat(token.parameter("service")).isEqualTo("registry of faults");
    assertThat(token.parameters("scope")).containsExactly(PULL);
  }

  @Test
  void withoutCredentialsARegistryThatWantsSomeIsUnauthorized() throws IOException {
    for (var scheme : List.of(Quirk.BASIC, Quirk.BEARER)) {
      var registry = registry(scheme);

      assertThatThrownBy(() -> client(registry, (Credentials) null).blobSize(DIGEST))
          .isInstanceOfSatisfying(
              RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAUTHORIZED))
          .hasMessageEndingWith(scheme == Quirk.BASIC ? "HTTP 401" : "who are you?)");
      assertThat(registry.requests()).hasSize(scheme == Quirk.BASIC ? 1 : 2);
    }
  }

  @Test
  void aRefreshTokenIsPostedAndNeverPartOfAUrl() throws IOException {
    var registry = registry(Quirk.BEARER, Quirk.TOKENS_ELSEWHERE);

    client(registry, IDENTITY).pushBlob(DIGEST, Content.of(CONTENT));

    var token = registry.requests(Step.TOKEN).getFirst();
    assertThat(token.method()).isEqualTo("POST");
    assertThat(token.target()).isEqualTo("/token");
    assertThat(token.header("Authorization")).isNull();
    assertThat(registry.count(Step.TOKEN)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 405})
  void aTokenServerWithoutPostIsAskedByGet(int status) throws IOException {
    var registry = registry(Quirk.BEARER, Quirk.NO_TOKEN_POST.of(status));

    // Only a server knows whether it takes a refresh token as a password; this one does not.
    assertThatThrownBy(() -> client(registry, IDENTITY).blobSize(DIGEST))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAUTHORIZED));

    assertThat(registry.requests(Step.TOKEN))
        .extracting(Received::method)
        .containsExactly("POST", "GET");
    assertThat(header(registry.requests(Step.TOKEN).getLast(), "Authorization"))
        .isEqualTo(okhttp3.Credentials.basic("<token>", FaultRegistry.REFRESH_TOKEN));
  }

  @Test
  void anIdentityTokenOfAUserFallsBackToThatUser() throws IOException {
    var registry = registry(Quirk.BEARER, Quirk.NO_TOKEN_POST);
    registry.addBlob(CONTENT);
    var identity = new Credentials.IdentityToken(FaultRegistry.USER, FaultRegistry.PASSWORD);

    assertThat(client(registry, identity).blobSize(DIGEST)).hasValue(100_000);
  }

  @Test
  void aRegistryTokenIsUsedAsItIsAndNothingElse() throws IOException {
    var registry = registry(Quirk.BEARER);
    registry.addBlob(CONTENT);
    var lender = client(registry);
    lender.blobSize(DIGEST);
    var text = registry.authorizations(registry.host()).getLast().substring("Bearer ".length());
    int tokens = registry.count(Step.TOKEN);

    var borrower = client(registry, new Credentials.RegistryToken(text));
    assertThat(borrower.blobSize(DIGEST)).hasValue(100_000);
    registry.expireTokens();
    assertThatThrownBy(() -> borrower.blobSize(DIGEST))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAUTHORIZED));

    assertThat(registry.count(Step.TOKEN)).isEqualTo(tokens);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\nb", "", "a b", "tök"})
  void aRegistryTokenThatCantBeOneIsNotQuoted(String text) throws IOException {
    var registry = registry(Quirk.BEARER);

    assertThatThrownBy(() -> client(registry, new Credentials.RegistryToken(text)).blobSize(DIGEST))
        .isInstanceOf(RegistryException.class)
        .hasMessageEndingWith("the token in the credentials has characters that no token has");
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void thePushScopeComesFirstAndTheChallengesScopeIsMerged() throws IOException {
    var registry = registry(Quirk.BEARER, Quirk.FIRST_SCOPE_ONLY);
    registry.addBlob("os/other", CONTENT);
    var client = client(registry);

    assertThat(client.mountBlob(DIGEST, new Repository(registry.host(), "os/other"))).isFalse();
    client.pushBlob(DIGEST, Content.of(CONTENT));

    assertThat(registry.requests(Step.TOKEN))
        .allSatisfy(token -> assertThat(token.parameters("scope")).startsWith(PUSH));
    assertThat(registry.blob(DIGEST)).isPresent();
  }

  @Test
  void aTokenToPullIsNotUsedToPushAndOneToPushIsUsedToPull() throws IOException {
    var registry = registry(Quirk.BEARER);
    registry.addBlob(CONTENT);
    var client = client(registry);
    client.blobSize(DIGEST);
    client.blobSize(DIGEST);
    assertThat(registry.count(Step.TOKEN)).isEqualTo(1);

    client.tag(Operation.image(registry, "x"), "1");
    client.blobSize(DIGEST);
    client.manifest("1");

    assertThat(registry.requests(Step.TOKEN))
        .extracting(token -> token.parameters("scope"))
        .containsExactly(List.of(PULL), List.of(PUSH));
    assertThat(registry.count(Step.MANIFEST_PUT)).as("none was refused").isEqualTo(1);

    registry.expireTokens();
    assertThat(client.blobSize(DIGEST)).as("both are withdrawn").hasValue(100_000);
  }

  @Test
  void eightThreadsAskForOneToken() throws Exception {
    var registry = registry(Quirk.BEARER);
    registry.addBlob(CONTENT);
    var client = client(registry);

    for (int round = 1; round <= 3; round++) {
      var sizes =
          IntStream.range(0, 8)
              .mapToObj(i ->
                  CompletableFuture.supplyAsync(
                      () -> client.blobSize(DIGEST), task -> Thread.ofVirtual().start(task)))
              .toList();
      for (var size : sizes) {
        assertThat(size.get()).hasValue(100_000);
      }
      assertThat(registry.count(Step.TOKEN)).isEqualTo(round);
      registry.expireTokens();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"UPLOAD_POST", "UPLOAD_PATCH", "UPLOAD_PUT", "MANIFEST_PUT", "MANIFEST_GET"})
  void aTokenThatExpiresAnywhereIsReplaced(Step step) throws IOException {
    var registry = registry(Quirk.BEARER);
    var client = client(registry);
    client.manifest("0");
    client.blobSize(DIGEST);
    client.mountBlob(DIGEST, new Repository(registry.host(), "os/other"));
    registry.add(Rule.once(step).expiresTokens());

    client.pushBlob(DIGEST, Content.of(CONTENT));
    var manifest = Operation.image(registry, "x");
    client.tag(manifest, "1");

    assertThat(registry.blob(DIGEST)).hasValue(CONTENT);
    assertThat(client.manifest("1")).contains(manifest);
  }

  /** It lives shorter than the tolerance for clocks, so every request brings its own. */
  @Test
  void aTokenThatIsAboutToExpireIsReplacedBeforeItIsRefused() throws IOException {
    var registry = registry(Quirk.BEARER, Quirk.TOKEN_SECONDS.of(4));
    var client = client(registry);

    client.pushBlob(DIGEST, Content.of(CONTENT));

    assertThat(registry.count(Step.UPLOAD_POST)).as("one refused, one not").isEqualTo(2);
    assertThat(registry.count(Step.UPLOAD_PATCH)).isEqualTo(1);
    assertThat(registry.count(Step.TOKEN)).isEqualTo(4);
  }

  @Test
  void credentialsThatChangedAreReadAgain() throws IOException {
    var registry = registry(Quirk.BASIC);
    registry.addBlob(CONTENT);
    var source = new AtomicReference<Credentials>(new Credentials.Login("robot", "old"));
    var settings = new RegistrySettings(true, () -> Optional.of(source.get()), QUICK);
    var client = client(registry, settings);
    assertThatThrownBy(() -> client.blobSize(DIGEST)).hasMessageEndingWith("HTTP 401");

    source.set(LOGIN);

    assertThat(client.blobSize(DIGEST)).hasValue(100_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TOKENS_PLAIN", "TOKENS_PRIVATE"})
  void aRealmThatIsNotSafeGetsNothing(Quirk quirk) throws IOException {
    var registry = tlsRegistry(Quirk.BEARER, quirk);

    assertThatThrownBy(() -> client(registry).blobSize(DIGEST))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PROTOCOL))
        .hasMessageStartingWith("asking for a token at " + registry.host())
        .hasMessageEndingWith(
            quirk == Quirk.TOKENS_PLAIN
                ? "a token server that leaves TLS"
                : "a token server that leads to the private address 169.254.169.254");
    assertThat(registry.requests(Step.TOKEN)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer",
        "Bearer realm",
        "Bearer realm=\"\"",
        "Bearer realm=\"/token\"",
        "Bearer realm=\"ftp://127.0.0.1/\"",
        "Bearer service=\"a\",scope=\"b\""
      })
  void aChallengeWithoutUsableRealmIsAnErrorOfTheRegistry(String challenge) throws IOException {
    var registry =
        registry(
            Rule.always(Step.BLOB_HEAD).answers(Answer.of(401, "WWW-Authenticate: " + challenge)));

    assertThatThrownBy(() -> client(registry).blobSize(DIGEST))
        .isInstanceOf(RegistryException.class)
        .hasMessageEndingWith("a challenge without a usable realm");
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void aTokenServerThatRedirectsElsewhereCantTakeThePasswordThere(int status) throws IOException {
    var registry = registry(Quirk.BEARER);
    registry.add(
        Rule.once(Step.TOKEN)
            .answers(
                Answer.of(
                    status, "Location: http://" + registry.storageHost() + "/token?scope=x")));

    assertThatThrownBy(() -> client(registry).blobSize(DIGEST))
        .isInstanceOf(RegistryException.class);

    assertThat(registry.authorizations(registry.storageHost())).isEmpty();
    assertThat(registry.requests(Step.TOKEN).getLast().host()).isEqualTo(registry.storageHost());
  }

  @Test
  void aRefreshTokenIsNotSentOnByARedirect() throws IOException {
    var registry = registry(Quirk.BEARER);
    registry.add(
        Rule.always(Step.TOKEN)
            .answers(Answer.of(307, "Location: http://" + registry.storageHost() + "/token")));

    assertThatThrownBy(() -> client(registry, IDENTITY).blobSize(DIGEST))
        .isInstanceOf(RegistryException.class)
        .hasMessageEndingWith("HTTP 307");
    assertThat(registry.requests(Step.TOKEN))
        .extracting(Received::host)
        .containsExactly(registry.host());
  }

  @Test
  void anAnswerOfATokenServerThatNeverEndsIsNotReadToItsEnd() throws IOException {
    for (int status : new int[] {200, 401}) {
      var registry =
          registry(Quirk.BEARER, Rule.always(Step.TOKEN).answers(Answer.endless(status)));

      assertThatThrownBy(() -> client(registry).blobSize(DIGEST))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining(status == 200 ? "something that holds no token" : "HTTP 401");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "not JSON", "", "{\"token\":\"a\\r\\nb\"}", "{\"token\":{}}"})
  void anAnswerWithoutTokenIsAnError(String answer) throws IOException {
    var registry =
        registry(
            Quirk.BEARER,
            Rule.always(Step.TOKEN).answers(Answer.text(200, "application/json", answer)));

    assertThatThrownBy(() -> client(registry).blobSize(DIGEST))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("asking for a token at " + registry.host() + " failed: ");
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 503})
  void aTokenServerThatIsBusyIsAskedAgain(int status) throws IOException {
    var registry = registry(Quirk.BEARER, Rule.first(2, Step.TOKEN).answers(Answer.of(status)));

    client(registry).pushBlob(DIGEST, Content.of(CONTENT));

    assertThat(registry.blob(DIGEST)).isPresent();
  }

  @Test
  void rightsThatDoNotReachAreSaidAndNotStormed() throws IOException {
    for (var quirk : List.of(Quirk.SCOPE_403, Quirk.NO_ISSUED_AT)) {
      var registry = registry(Quirk.BEARER, Quirk.READ_ONLY, quirk);

      assertThatThrownBy(() -> client(registry).pushBlob(DIGEST, Content.of(CONTENT)))
          .isInstanceOfSatisfying(
              RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAUTHORIZED));
      assertThat(registry.requests()).hasSizeLessThanOrEqualTo(4);
    }
  }

  @Test
  void theLoginOfARegistryIsNotTheLoginOfAnother() throws IOException {
    var first = registry(Quirk.BASIC);
    var second = registry(Quirk.BASIC, Quirk.BLOB_REDIRECT);
    second.addBlob(CONTENT);
    first.addBlob(CONTENT);
    second.add(
        Rule.always(Step.BLOB_GET)
            .answers(Answer.of(307, "Location: " + first.url() + "/v2/os/debian/blobs/" + DIGEST)));
    var blob = Descriptor.of("a/b", CONTENT);

    assertThatThrownBy(() -> client(second).blob(blob).readAllBytes())
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAUTHORIZED));
    assertThat(first.authorizations(first.host())).isEmpty();
  }
}
