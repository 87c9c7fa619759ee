package dev.osimage.bench.work;

import dev.osimage.oci.Descriptor;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Reference;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.registry.RegistryClient;
import dev.osimage.oci.registry.RegistrySettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** {@code Pull REFERENCE FOLDER}: writes every layer into the file that its title names. */
public final class Pull {

  private static final String TITLE = "org.opencontainers.image.title";

  private Pull() {}

  public static void main(String[] args) throws Exception {
    var reference = Reference.parse(args[0]);
    var folder = Path.of(args[1]);
    try (var http = new HttpTransport(HttpSettings.of(Map.of()))) {
      var registry =
          new RegistryClient(
              http, reference.repository(), RegistrySettings.ANONYMOUS.withPlainHttp(true));
      var manifest = registry.manifest(reference.target()).orElseThrow();
      pull(registry, ImageManifest.parse(manifest.bytes()), folder);
    }
  }

  private static void pull(RegistryClient registry, ImageManifest manifest, Path folder)
      throws IOException, ExecutionException, InterruptedException {
    try (var executor =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory())) {
      var pulls = new ArrayList<Future<Path>>();
      for (var layer : manifest.layers()) {
        pulls.add(executor.submit(() -> pull(registry, layer, folder)));
      }
      for (var pull : pulls) {
        pull.get();
      }
    }
  }

  private static Path pull(RegistryClient registry, Descriptor layer, Path folder)
      throws IOException {
    var file = folder.resolve(layer.annotations().getOrDefault(TITLE, layer.digest().hex()));
    Files.createDirectories(file.toAbsolutePath().getParent());
    registry.pullBlob(layer, file);
    return file;
  }
}
