package dev.osimage.oci.signature;

import dev.osimage.oci.Digest;
import dev.osimage.oci.Repository;
import dev.osimage.oci.http.ConnectionFailure;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a signature of a signature tag is over: containers' "simple signing" with cosign's type.
 * {@code optional} are its further claims, those of them that are texts.
 */
record SimpleSigning(Digest digest, String dockerReference, Map<String, String> optional) {

  private static final String TYPE = "cosign container image signature";

  /** In the order in which cosign writes it; no part of a repository needs escaping. */
  static byte[] payload(Repository repository, Digest digest) {
    return """
    {"critical":{"identity":{"docker-reference":"%s"},\
    "image":{"docker-manifest-digest":"%s"},"type":"%s"},"optional":null}\
    """
        .formatted(repository, digest, TYPE)
        .getBytes(StandardCharsets.UTF_8);
  }

  static SimpleSigning parse(byte[] payload) {
    var json = StrictJson.parse(payload);
    var critical = json.object("critical");
    critical.expect("type", TYPE);
    return new SimpleSigning(
        Digest.parse(critical.object("image").text("docker-manifest-digest")),
        critical.object("identity").text("docker-reference"),
        json.texts("optional"));
  }

  /** Throws {@link IllegalArgumentException} unless it is about this digest, and the repository. */
  void require(Digest subject, @Nullable Repository repository) {
    if (!digest.equals(subject)) {
      throw new IllegalArgumentException("it is a signature of " + digest);
    }
    if (repository != null && !dockerReference.equals(repository.toString())) {
      throw new IllegalArgumentException(
          "its docker-reference is '%s', not '%s'"
              .formatted(ConnectionFailure.shortened(dockerReference), repository));
    }
  }
}
