package dev.osimage.bench;

import dev.osimage.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What one run finds: a fresh process of an empty registry, another one of a registry that was
 * filled before if the row wants it, an empty folder {@code run/out}, and a disk that has nothing
 * left to write.
 */
final class Stage implements AutoCloseable {

  /** The repository and tag of everything. */
  static final String NAME = "bench/os";

  static final String TAG = "run";

  private static final Pattern LOOPBACK = Pattern.compile("127\\.0\\.0\\.1:\\d+");

  /** Where {@link #fill} puts its registry. */
  private static final String FILLED = "filled";

  private static final String EMPTY = "store";

  private final Workplace place;
  private final Server target;
  private final Server source;

  private Stage(Workplace place, Server target, Server source) {
    this.place = place;
    this.target = target;
    this.source = source;
  }

  /** Makes everything anew. */
  static Stage open(Workplace place, RegistryKind kind, boolean tls) throws IOException {
    Files.createDirectories(place.emptied("run").resolve("out"));
    place.emptied(EMPTY);
    Files.createDirectories(place.path(FILLED));
    var target = registry(place, kind, EMPTY, tls);
    var source = registry(place, kind, FILLED, false);
    place.run(Command.of("sync"));
    return new Stage(place, target, source);
  }

  /** Runs a command that fills the registry which every following stage has as its source. */
  static void fill(Workplace place, RegistryKind kind, Filling filling) throws IOException {
    place.emptied(FILLED);
    try (var registry = registry(place, kind, FILLED, false)) {
      place.run(filling.command(registry.host() + "/" + NAME + ":" + TAG));
    }
  }

  /** What brings an artifact to {@code reference}. */
  interface Filling {
    Command command(String reference);
  }

  private static Server registry(Workplace place, RegistryKind kind, String folder, boolean tls)
      throws IOException {
    int port = Server.freePort();
    var settings =
        """
        version: 0.1
        log: {level: error, accesslog: {disabled: true}}
        storage:
          filesystem: {rootdirectory: %s}
          maintenance: {uploadpurging: {enabled: false}}
        http:
          addr: 127.0.0.1:%d
          secret: bench
          %s
        """
            .formatted(
                folder, port, tls ? "tls: {certificate: tls/cert.pem, key: tls/key.pem}" : "");
    Files.writeString(place.path(folder + ".yaml"), settings);
    var words = List.of(kind.program(), "serve", folder + ".yaml");
    return Server.start(place, port, folder + ".log", words);
  }

  /** {@code host/path} of the empty repository. */
  String repository() {
    return target.host() + "/" + NAME;
  }

  /** {@code host/path:tag} in the empty repository. */
  String reference() {
    return repository() + ":" + TAG;
  }

  /** {@code host/path:tag} in the registry that was filled. */
  String source() {
    return source.host() + "/" + NAME + ":" + TAG;
  }

  /** {@code host/path} of the repository in the registry that was filled. */
  String sourceRepository() {
    return source.host() + "/" + NAME;
  }

  /** URL of a blob in it. */
  String sourceBlob(Digest digest) {
    return "http://%s/v2/%s/blobs/%s".formatted(source.host(), NAME, digest);
  }

  /** What the registry that was empty has now. */
  Store store() {
    return new Store(place.path(EMPTY));
  }

  /** What the registry has that was filled. */
  Store sourceStore() {
    return new Store(place.path(FILLED));
  }

  /** A file that the run was to write, by its name in {@code run/out}. */
  Path output(String name) {
    return place.path("run/out").resolve(name);
  }

  /** Seconds of CPU that the registries used. */
  double registryCpu() {
    return target.cpu() + source.cpu();
  }

  /** A text about this stage that is the same for every other one. */
  String withoutPorts(String text) {
    var named = text.replace(target.host(), "REGISTRY").replace(source.host(), "SOURCE");
    return LOOPBACK.matcher(named).replaceAll("WEB");
  }

  @Override
  public void close() throws IOException {
    target.close();
    source.close();
    place.delete(EMPTY);
  }
}
