package dev.osimage.bench;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.osimage.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreTest {

  private static final Digest LAYER = digest("layer");

  @TempDir private Path folder;

  @BeforeEach
  void aRegistryHasAnArtifact() throws IOException {
    blob("{}");
    blob("layer");
    var manifest =
        blob(
            "{\"config\": {\"digest\": \"%s\"}, \"layers\": [{\"digest\": \"%s\"}]}"
                .formatted(digest("{}"), LAYER));
    write("repositories/a/b/_manifests/tags/t/current/link", manifest.toString());
  }

  @Test
  void whatWasPublishedIsAccepted() {
    assertThatCode(() -> check(LAYER)).doesNotThrowAnyException();
  }

  @Test
  void anotherLayerIsRefused() {
    refused(() -> check(digest("other")), "instead of");
  }

  @Test
  void aDamagedBlobIsRefused() throws IOException {
    write(path(LAYER), "damaged");

    refused(() -> check(LAYER), LAYER.toString());
  }

  @Test
  void aMissingTagIsRefused() {
    refused(() -> new Store(folder).check("a/b", "none", List.of(LAYER)), "no tag none");
  }

  private void check(Digest layer) throws IOException {
    new Store(folder).check("a/b", "t", List.of(layer));
  }

  private static void refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String sentence) {
    assertThatExceptionOfType(BenchException.class)
        .isThrownBy(call)
        .withMessageContaining(sentence);
  }

  private Digest blob(String text) throws IOException {
    write(path(digest(text)), text);
    return digest(text);
  }

  private static String path(Digest digest) {
    return "blobs/sha256/%s/%s/data".formatted(digest.hex().substring(0, 2), digest.hex());
  }

  private void write(String name, String text) throws IOException {
    var file = folder.resolve("docker/registry/v2").resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static Digest digest(String text) {
    return Digest.of(text.getBytes(StandardCharsets.UTF_8));
  }
}
