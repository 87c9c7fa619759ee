package dev.osimage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.osimage.oci.Digest;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/** What distribution has on its disk: seen there, no client can be wrong about it. */
record Store(Path folder) {

  private static final Path REGISTRY = Path.of("docker/registry/v2");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The digest of the manifest that a tag names. */
  Digest tagged(String repository, String tag) throws IOException {
    var link =
        folder
            .resolve(REGISTRY)
            .resolve("repositories/%s/_manifests/tags/%s/current/link".formatted(repository, tag));
    if (!Files.exists(link)) {
      throw new BenchException("the registry has no tag " + tag);
    }
    return Digest.parse(Files.readString(link).strip());
  }

  /** Throws unless the tag's manifest has exactly these layers, and the registry their bytes. */
  void check(String repository, String tag, List<Digest> layers) throws IOException {
    var manifest = JSON.readTree(blob(tagged(repository, tag)).toFile());
    var found =
        StreamSupport.stream(manifest.path("layers").spliterator(), false)
            .map(layer -> digest(layer))
            .toList();
    if (!found.equals(layers)) {
      throw new BenchException("the manifest has the layers " + found + " instead of " + layers);
    }
    checkFile(blob(digest(manifest.path("config"))), digest(manifest.path("config")));
    for (var layer : layers) {
      checkFile(blob(layer), layer);
    }
  }

  private static Digest digest(JsonNode descriptor) {
    return Digest.parse(descriptor.path("digest").asText());
  }

  private Path blob(Digest digest) {
    var hex = digest.hex();
    return folder
        .resolve(REGISTRY)
        .resolve("blobs/sha256/%s/%s/data".formatted(hex.substring(0, 2), hex));
  }

  /** Throws unless the file is there and has this digest. */
  static void checkFile(Path file, Digest expected) throws IOException {
    if (!Files.exists(file)) {
      throw new BenchException("there is no file with " + expected + " where it belongs");
    }
    try (var bytes = new BufferedInputStream(Files.newInputStream(file))) {
      var actual = Digest.of(bytes);
      if (!actual.equals(expected)) {
        throw new BenchException("a file has " + actual + " where " + expected + " belongs");
      }
    }
  }
}
