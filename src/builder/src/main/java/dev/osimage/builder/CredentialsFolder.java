package dev.osimage.builder;

import dev.osimage.api.Reason;
import dev.osimage.oci.Repository;
import dev.osimage.oci.registry.Credentials;
import dev.osimage.oci.registry.DockerConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A mounted Secret with registry credentials, of type {@code kubernetes.io/dockerconfigjson} or
 * {@code kubernetes.io/basic-auth}.
 */
final class CredentialsFolder {

  private static final String DOCKER_CONFIG = ".dockerconfigjson";
  private static final int MAX_BYTES = 1024 * 1024;

  private CredentialsFolder() {}

  /** The credentials for a repository; a {@link BuildFailure} says what the Secret lacks. */
  static Credentials read(Path folder, Repository repository) {
    var dockerConfig = folder.resolve(DOCKER_CONFIG);
    var username = folder.resolve("username");
    var password = folder.resolve("password");
    try {
      if (Files.exists(dockerConfig)) {
        return DockerConfig.parse(bytes(dockerConfig))
            .credentialsFor(repository)
            .orElseThrow(() ->
                missing(
                    "has no entry for %s or %s in its %s"
                        .formatted(repository.host(), repository, DOCKER_CONFIG)));
      }
      if (Files.exists(username) && Files.exists(password)) {
        return new Credentials(text(username), text(password));
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

  private static BuildFailure missing(String sentence) {
    return new BuildFailure(
        Reason.CREDENTIALS_MISSING,
        "the Secret in destination.secretRef " + sentence + "; the next attempt reads it again");
  }

  private static String text(Path file) throws IOException {
    return new String(bytes(file), StandardCharsets.UTF_8).strip();
  }

  private static byte[] bytes(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return in.readNBytes(MAX_BYTES);
    }
  }
}
