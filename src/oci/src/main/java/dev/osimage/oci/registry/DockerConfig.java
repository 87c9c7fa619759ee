package dev.osimage.oci.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.osimage.oci.Repository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The credentials of a Docker {@code config.json}, the content of a Secret of type {@code
 * kubernetes.io/dockerconfigjson}. The entry with the longest path that is a prefix of the
 * repository wins, as for kubelet and containers/image; prefixes end at a slash.
 */
public final class DockerConfig {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, JsonNode> byPrefix;

  private DockerConfig(Map<String, JsonNode> byPrefix) {
    this.byPrefix = byPrefix;
  }

  /** Reads the file; throws {@link IllegalArgumentException}, never quoting the content. */
  public static DockerConfig parse(byte[] content) {
    JsonNode config;
    try {
      config = JSON.readTree(content);
    } catch (IOException e) {
      // The parser's message quotes the text around the error: it may be a password.
      throw new IllegalArgumentException(
          "the Docker config is not JSON (%d bytes)".formatted(content.length));
    }
    var auths = config.path("auths");
    if (!auths.isObject()) {
      throw new IllegalArgumentException(
          "the Docker config has no object 'auths' (it is a JSON %s; 'auths' in it: %s)"
              .formatted(type(config), type(auths)));
    }
    var byPrefix = new HashMap<String, JsonNode>();
    auths.properties().stream()
        .filter(entry -> !isMarker(entry.getValue()))
        .forEach(entry -> byPrefix.put(normalised(entry.getKey()), entry.getValue()));
    return new DockerConfig(byPrefix);
  }

  private static String type(JsonNode node) {
    return node.getNodeType().name().toLowerCase(Locale.ROOT);
  }

  /** Docker leaves an entry without content where a helper keeps the credentials. */
  private static boolean isMarker(JsonNode entry) {
    return Stream.of("auth", "username", "identitytoken", "registrytoken")
        .allMatch(field -> entry.path(field).asText("").isEmpty());
  }

  /**
   * The credentials for a repository, if the file has any; throws {@link IllegalArgumentException}
   * when the entry for it can't be used. Entries of other registries do not matter.
   */
  public Optional<Credentials> credentialsFor(Repository repository) {
    var prefix = normalised(repository.toString());
    while (true) {
      var entry = byPrefix.get(prefix);
      if (entry != null) {
        return Optional.of(credentials(prefix, entry));
      }
      int slash = prefix.lastIndexOf('/');
      if (slash < 0) {
        return Optional.empty();
      }
      prefix = prefix.substring(0, slash);
    }
  }

  private static Credentials credentials(String key, JsonNode entry) {
    var registryToken = entry.path("registrytoken").asText("");
    if (!registryToken.isEmpty()) {
      return new Credentials.RegistryToken(registryToken);
    }
    var auth = entry.path("auth").asText("");
    var login =
        auth.isEmpty()
            ? new Credentials.Login(
                entry.path("username").asText(""), entry.path("password").asText(""))
            : decoded(key, auth);
    var identityToken = entry.path("identitytoken").asText("");
    if (!identityToken.isEmpty()) {
      return new Credentials.IdentityToken(login.username(), identityToken);
    }
    // What credential helpers say when the password is an identity token.
    return login.username().equals("<token>")
        ? new Credentials.IdentityToken("", login.password())
        : login;
  }

  private static Credentials.Login decoded(String key, String auth) {
    String pair;
    try {
      pair = new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'auth' of '" + key + "' is not base64");
    }
    int colon = pair.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("'auth' of '" + key + "' is not base64 of user:password");
    }
    var password = pair.substring(colon + 1);
    int end = password.length();
    // Old Docker clients padded with NULs.
    while (end > 0 && password.charAt(end - 1) == '\0') {
      end--;
    }
    return new Credentials.Login(pair.substring(0, colon), password.substring(0, end));
  }

  private static String normalised(String key) {
    var prefix = key.replaceFirst("^https?://", "").replaceFirst("(?<!/)/+$", "");
    prefix = prefix.replaceFirst("^([^/]+)/v[12]$", "$1");
    var host = prefix.replaceFirst("/.*$", "");
    return switch (host) {
      case "index.docker.io", "registry-1.docker.io" ->
          "docker.io" + prefix.substring(host.length());
      default -> prefix;
    };
  }
}
