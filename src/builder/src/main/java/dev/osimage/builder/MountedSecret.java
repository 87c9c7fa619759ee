package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.oci.Repository;
import dev.osimage.oci.registry.Credentials;
import dev.osimage.oci.registry.DockerConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A Secret as it is mounted: a folder in which every key is a file.
 *
 * @param folder where it is mounted; empty or absent when there is no such Secret
 * @param field the field of the spec that names it, for messages
 */
record MountedSecret(Path folder, String field) {

  private static final String DOCKER_CONFIG = ".dockerconfigjson";
  private static final String HEADER = "header.";
  private static final int MAX_BYTES = 1024 * 1024;
  private static final String HEADER_NAME = "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}";

  /**
   * The credentials for a repository, from type {@code kubernetes.io/dockerconfigjson} or {@code
   * kubernetes.io/basic-auth}; a {@link BuildFailure} says what the Secret lacks.
   */
  Credentials credentials(Repository repository) {
    try {
      if (has(DOCKER_CONFIG)) {
        return DockerConfig.parse(bytes(DOCKER_CONFIG))
            .credentialsFor(repository)
            .orElseThrow(() ->
                missing(
                    "has no entry for %s or %s in its %s"
                        .formatted(repository.host(), repository, DOCKER_CONFIG)));
      }
      if (has("username") && has("password")) {
        return new Credentials.Login(text("username"), text("password"));
      }
    } catch (IllegalArgumentException e) {
      throw missing("can't be used: " + e.getMessage());
    } catch (IOException e) {
      throw missing("can't be read: " + e.getClass().getSimpleName());
    }
    throw missing(
        "does not exist, or has neither the key %s (type kubernetes.io/dockerconfigjson) nor the"
                .formatted(DOCKER_CONFIG)
            + " keys username and password (type kubernetes.io/basic-auth)");
  }

  /**
   * The headers for a web server: from the keys username and password, from the key {@code token},
   * or from keys {@code header.<Name>}.
   */
  Map<String, String> headers() {
    var headers = new LinkedHashMap<String, String>();
    try {
      if (has("username") && has("password")) {
        headers.put(
            "Authorization",
            okhttp3.Credentials.basic(text("username"), text("password"), StandardCharsets.UTF_8));
      } else if (has("token")) {
        headers.put("Authorization", "Bearer " + value("token"));
      }
      if (Files.isDirectory(folder)) {
        try (var keys = Files.newDirectoryStream(folder, HEADER + "*")) {
          for (var key : keys) {
            var name = key.getFileName().toString();
            if (!name.substring(HEADER.length()).matches(HEADER_NAME)) {
              throw missing("has the key %s, which names no HTTP header".formatted(name));
            }
            headers.put(name.substring(HEADER.length()), value(name));
          }
        }
      }
    } catch (IOException e) {
      throw missing("can't be read: " + e.getClass().getSimpleName());
    }
    if (headers.isEmpty()) {
      throw missing(
          "does not exist, or has neither the keys username and password, nor the key token, nor"
              + " keys header.<Name>");
    }
    return headers;
  }

  /** The HTTP library would quote a value that can't stand in a header. */
  private String value(String key) throws IOException {
    var text = text(key);
    if (text.isEmpty() || text.chars().anyMatch(c -> c < 0x20 || c > 0x7e)) {
      throw missing("has a key %s with characters that no HTTP header may have".formatted(key));
    }
    return text;
  }

  private BuildFailure missing(String sentence) {
    return new BuildFailure(
        Reason.CREDENTIALS_MISSING,
        "the Secret in %s %s; the next attempt reads it again".formatted(field, sentence));
  }

  private boolean has(String key) {
    return Files.exists(folder.resolve(key));
  }

  private String text(String key) throws IOException {
    return new String(bytes(key), StandardCharsets.UTF_8).strip();
  }

  private byte[] bytes(String key) throws IOException {
    try (var in = Files.newInputStream(folder.resolve(key))) {
      return in.readNBytes(MAX_BYTES);
    }
  }
}
