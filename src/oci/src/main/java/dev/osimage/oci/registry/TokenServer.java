package dev.osimage.oci.registry;

import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.Origins;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import okhttp3.FormBody;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * The token server that a registry's challenge names (distribution's "Token Authentication
 * Specification", and its OAuth2 variant for refresh tokens).
 */
record TokenServer(HttpUrl realm, String service) {

  private static final int MAX_ANSWER = 128 * 1024;
  private static final String CLIENT = "osimage";

  /**
   * The server of a challenge of the registry at {@code registry}; a {@link RegistryException} says
   * why it is not asked: credentials must not be lured away.
   */
  static TokenServer of(Challenge challenge, HttpUrl registry) {
    var realm = HttpUrl.parse(challenge.parameter("realm"));
    var doing = "asking for a token";
    if (realm == null) {
      throw RegistryFailure.protocol(registry, doing, "a challenge without a usable realm");
    }
    var refusal = Origins.refusal(registry, realm);
    if (refusal != null) {
      throw RegistryFailure.protocol(registry, doing, "a token server that " + refusal);
    }
    return new TokenServer(realm, challenge.parameter("service"));
  }

  /** A token for these scopes; without credentials, the server is asked anonymously. */
  Token fetch(HttpTransport http, @Nullable Credentials credentials, Scopes scopes) {
    var doing = "asking for a token";
    try {
      if (credentials instanceof Credentials.IdentityToken identity) {
        try (var response = http.send(refresh(identity, scopes))) {
          // Servers without the OAuth2 variant don't know this method.
          if (response.code() != 404 && response.code() != 405) {
            return token(response, scopes, doing);
          }
        }
      }
      try (var response = http.follow(get(credentials, scopes), Set.of("Authorization"))) {
        return token(response, scopes, doing);
      }
    } catch (IOException e) {
      throw RegistryFailure.of(realm, doing, e);
    }
  }

  private Request get(@Nullable Credentials credentials, Scopes scopes) {
    var url = realm.newBuilder();
    if (!service.isEmpty()) {
      url.addQueryParameter("service", service);
    }
    scopes.texts().forEach(scope -> url.addQueryParameter("scope", scope));
    var request = new Request.Builder().url(url.build());
    login(credentials).ifPresent(login -> request.header("Authorization", basic(login)));
    return request.build();
  }

  private static Optional<Credentials.Login> login(@Nullable Credentials credentials) {
    return switch (credentials) {
      case Credentials.Login login -> Optional.of(login);
      case Credentials.IdentityToken identity ->
          Optional.of(
              new Credentials.Login(
                  identity.username().isEmpty() ? "<token>" : identity.username(),
                  identity.token()));
      case Credentials.RegistryToken any -> Optional.empty();
      case null -> Optional.empty();
    };
  }

  private Request refresh(Credentials.IdentityToken identity, Scopes scopes) {
    var form =
        new FormBody.Builder()
            .add("grant_type", "refresh_token")
            .add("service", service)
            .add("client_id", CLIENT)
            .add("scope", String.join(" ", scopes.texts()))
            .add("refresh_token", identity.token());
    return new Request.Builder().url(realm).post(form.build()).build();
  }

  private Token token(Response response, Scopes scopes, String doing) throws IOException {
    if (response.code() != 200) {
      throw RegistryFailure.of(realm, doing, response);
    }
    var answer = response.body().byteStream().readNBytes(MAX_ANSWER);
    return Token.parse(answer, scopes, Instant.now())
        .orElseThrow(() -> RegistryFailure.protocol(realm, doing, "something that holds no token"));
  }

  static String basic(Credentials.Login login) {
    return okhttp3.Credentials.basic(login.username(), login.password(), StandardCharsets.UTF_8);
  }
}
