package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.oci.Repository;
import dev.osimage.oci.registry.Credentials;
import dev.osimage.oci.registry.DockerConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import okio.ByteString;

/**
 * A Secret as it is mounted: a folder in which every key is a file. It is read anew for each use,
 * because it may change at any time.
 *
 * @param folder where it is mounted, by the Secret's name; empty or absent when there is none
 * @param field the field of the spec that names it, for messages
 */
record MountedSecret(Path folder, String field) {

  private static final String DOCKER_CONFIG = ".dockerconfigjson";
  private static final String USERNAME = "username";
  private static final String PASSWORD = "password";
  private static final String TOKEN = "token";
  private static final String HEADER = "header.";
  private static final String HEADER_NAME = "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}";

  private static final String FOR_REGISTRIES =
      "the key .dockerconfigjson (type kubernetes.io/dockerconfigjson) or the keys username and"
          + " password (type kubernetes.io/basic-auth)";
  private static final String FOR_SOURCES =
      "the keys username and password, or the key token, or keys header.<Name>";

  private static final int MAX_BYTES = 1024 * 1024;
  private static final int MAX_NAMES = 5;

  /** All keys with their values at one moment; empty when there is no such Secret. */
  SortedMap<String, ByteString> content() throws IOException {
    var content = new TreeMap<String, ByteString>();
    if (!Files.isDirectory(folder)) {
      return content;
    }
    // Kubelet shows a new content by exchanging this link; what it led to goes on being one
    // content.
    var link = folder.resolve("..data");
    var data = Files.exists(link) ? link.toRealPath() : folder;
    try (var files = Files.newDirectoryStream(data, Files::isRegularFile)) {
      for (var file : files) {
        try (var in = Files.newInputStream(file)) {
          content.put(file.getFileName().toString(), ByteString.of(in.readNBytes(MAX_BYTES)));
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return content;
  }

  /**
   * The credentials for a repository, from type {@code kubernetes.io/dockerconfigjson} or {@code
   * kubernetes.io/basic-auth}; a {@link SecretFailure} says what the Secret lacks.
   */
  Credentials credentials(Repository repository) {
    var keys = keys(FOR_REGISTRIES);
    var config = keys.get(DOCKER_CONFIG);
    if (config != null) {
      return credentials(config, repository);
    }
    return login(keys).orElseThrow(() -> lacks(keys, FOR_REGISTRIES));
  }

  private Credentials credentials(ByteString config, Repository repository) {
    try {
      return DockerConfig.parse(config.toByteArray())
          .credentialsFor(repository)
          .orElseThrow(() ->
              unusable(
                  "has no entry for %s or %s in its %s: add one"
                      .formatted(repository.host(), repository, DOCKER_CONFIG)));
    } catch (IllegalArgumentException e) {
      throw unusable("can't be used: %s: correct its %s".formatted(e.getMessage(), DOCKER_CONFIG));
    }
  }

  private static Optional<Credentials.Login> login(Map<String, ByteString> keys) {
    return keys.containsKey(USERNAME) && keys.containsKey(PASSWORD)
        ? Optional.of(new Credentials.Login(text(keys, USERNAME), text(keys, PASSWORD)))
        : Optional.empty();
  }

  /**
   * The headers for a web server: from the keys username and password, from the key {@code token},
   * or from keys {@code header.<Name>}; a {@link SecretFailure} says what the Secret lacks.
   */
  Map<String, String> headers() {
    var keys = keys(FOR_SOURCES);
    var headers = new LinkedHashMap<String, String>();
    var login = login(keys);
    if (login.isPresent()) {
      headers.put(
          "Authorization",
          okhttp3.Credentials.basic(
              login.get().username(), login.get().password(), StandardCharsets.UTF_8));
    } else if (keys.containsKey(TOKEN)) {
      headers.put("Authorization", "Bearer " + headerValue(keys, TOKEN));
    }
    for (var key : keys.keySet()) {
      if (key.startsWith(HEADER)) {
        var name = key.substring(HEADER.length());
        if (!name.matches(HEADER_NAME)) {
          throw unusable("has the key %s, which names no HTTP header: rename it".formatted(key));
        }
        headers.put(name, headerValue(keys, key));
      }
    }
    if (headers.isEmpty()) {
      throw lacks(keys, FOR_SOURCES);
    }
    return headers;
  }

  private SortedMap<String, ByteString> keys(String expected) {
    SortedMap<String, ByteString> keys;
    try {
      keys = content();
    } catch (IOException e) {
      throw unusable("can't be read: " + e.getClass().getSimpleName());
    }
    if (keys.isEmpty()) {
      throw unusable("does not exist, or is empty: create it with " + expected);
    }
    return keys;
  }

  private static String text(Map<String, ByteString> keys, String key) {
    return keys.getOrDefault(key, ByteString.EMPTY).utf8().strip();
  }

  /** The HTTP library would quote a value that can't stand in a header. */
  private String headerValue(Map<String, ByteString> keys, String key) {
    var text = text(keys, key);
    if (text.isEmpty() || text.chars().anyMatch(c -> c < 0x20 || c > 0x7e)) {
      throw unusable(
          "has a key %s %s: correct its value"
              .formatted(
                  key,
                  text.isEmpty()
                      ? "without a value"
                      : "with characters that no HTTP header may have"));
    }
    return text;
  }

  /** Names of keys are no secrets, and tell a typing error from another kind of Secret. */
  private SecretFailure lacks(SortedMap<String, ByteString> keys, String expected) {
    var names =
        keys.keySet().stream()
            .limit(MAX_NAMES)
            .map(name -> "%.63s".formatted(name))
            .collect(Collectors.joining(", "));
    return unusable(
        "has other keys than are looked for (%s%s): give it %s"
            .formatted(names, keys.size() > MAX_NAMES ? ", …" : "", expected));
  }

  private SecretFailure unusable(String sentence) {
    return new SecretFailure(
        Reason.CREDENTIALS_MISSING,
        "%s %s; the next attempt reads it again".formatted(this, sentence),
        null);
  }

  /** For messages: its name and the field that names it, nothing of what is in it. */
  @Override
  public String toString() {
    return "the Secret '%s' in %s".formatted(folder.getFileName(), field);
  }
}
