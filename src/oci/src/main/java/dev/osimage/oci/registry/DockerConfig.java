package dev.osimage.oci.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.osimage.oci.Repository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The credentials of a Docker {@code config.json}, the content of a Secret of type {@code
 * kubernetes.io/dockerconfigjson}. The entry with the longest path that is a prefix of the
 * repository wins, as for kubelet and containers/image; prefixes end at a slash.
 */
public final class DockerConfig {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Credentials> byPrefix;

  private DockerConfig(Map<String, Credentials> byPrefix) {
    this.byPrefix = byPrefix;
  }

  /** Reads the file; throws {@link IllegalArgumentException}, never quoting the content. */
  public static DockerConfig parse(byte[] content) {
    JsonNode auths;
    try {
      auths = JSON.readTree(content).path("auths");
    } catch (IOException e) {
      // The parser's message quotes the text around the error: it may be a password.
      throw new IllegalArgumentException("the Docker config is not JSON");
    }
    if (!auths.isObject()) {
      throw new IllegalArgumentException("the Docker config has no object 'auths'");
    }
    var byPrefix = new HashMap<String, Credentials>();
    auths
        .properties()
        .forEach(entry -> {
          var credentials = credentials(entry.getKey(), entry.getValue());
          if (credentials != null) {
            byPrefix.put(normalised(entry.getKey()), credentials);
          }
        });
    return new DockerConfig(byPrefix);
  }

  /** The credentials for a repository, if the file has any. */
  public Optional<Credentials> credentialsFor(Repository repository) {
    var prefix = normalised(repository.toString());
    while (true) {
      var credentials = byPrefix.get(prefix);
      if (credentials != null) {
        return Optional.of(credentials);
      }
      int slash = prefix.lastIndexOf('/');
      if (slash < 0) {
        return Optional.empty();
      }
      prefix = prefix.substring(0, slash);
    }
  }

  private static @Nullable Credentials credentials(String key, JsonNode entry) {
    var auth = entry.path("auth").asText("");
    if (!auth.isEmpty()) {
      return decoded(key, auth);
    }
    var username = entry.path("username").asText("");
    return username.isEmpty() ? null : new Credentials(username, entry.path("password").asText(""));
  }

  private static Credentials decoded(String key, String auth) {
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
    return new Credentials(pair.substring(0, colon), password.substring(0, end));
  }

  private static String normalised(String key) {
    var prefix = key.replaceFirst("^https?://", "").replaceFirst("/+$", "");
    prefix = prefix.replaceFirst("^([^/]+)/v[12]$", "$1");
    var host = prefix.replaceFirst("/.*$", "");
    return switch (host) {
      case "index.docker.io", "registry-1.docker.io" ->
          "docker.io" + prefix.substring(host.length());
      default -> prefix;
    };
  }
}
