package dev.osimage.bench.work;

import dev.osimage.oci.Content;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.ImageManifest;
import dev.osimage.oci.Manifest;
import dev.osimage.oci.MediaTypes;
import dev.osimage.oci.Reference;
import dev.osimage.oci.http.CaBundle;
import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.registry.RegistryClient;
import dev.osimage.oci.registry.RegistrySettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * {@code WarmPush AUTHORITY FILE...}: pushes the files over TLS to every reference that it reads
 * from its input, and says {@link #DONE} each time.
 */
public final class WarmPush {

  /** The answer to an order that was carried out. */
  public static final String DONE = "done";

  private static final byte[] CONFIG = "{}".getBytes(StandardCharsets.UTF_8);

  private WarmPush() {}

  public static void main(String[] args) throws Exception {
    var authority = CaBundle.parse(Files.readAllBytes(Path.of(args[0])));
    var files = Arrays.stream(args).skip(1).map(Path::of).toList();
    var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (var http = new HttpTransport(HttpSettings.of(Map.of()))) {
      var trusting = http.trusting(authority);
      for (var order = orders.readLine(); order != null; order = orders.readLine()) {
        push(trusting, Reference.parse(order), files);
        System.out.println(DONE);
      }
    }
  }

  private static void push(HttpTransport http, Reference to, List<Path> files)
      throws IOException, ExecutionException, InterruptedException {
    var registry = new RegistryClient(http, to.repository(), RegistrySettings.ANONYMOUS);
    var config = Descriptor.of(MediaTypes.EMPTY, CONFIG);
    registry.writeBlob(config, Content.of(CONFIG));
    var layers = new ArrayList<Descriptor>();
    try (var executor =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory())) {
      var pushes = new ArrayList<Future<Descriptor>>();
      for (var file : files) {
        Callable<Descriptor> push = () -> push(registry, Content.of(file));
        pushes.add(executor.submit(push));
      }
      for (var push : pushes) {
        layers.add(push.get());
      }
    }
    var manifest =
        new ImageManifest(MediaTypes.IMAGE_MANIFEST, null, config, layers, null, Map.of());
    registry.tag(Manifest.of(manifest), String.valueOf(to.tag()));
  }

  /** In one pass, as the builder sends what it has not seen before. */
  private static Descriptor push(RegistryClient registry, Content content) throws IOException {
    try (var bytes = content.open();
        var blob = registry.upload(bytes, content.size(), null)) {
      blob.commit();
      return new Descriptor("application/octet-stream", blob.digest(), blob.size());
    }
  }
}
