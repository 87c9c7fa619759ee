package dev.osimage.e2e.registry;

import dev.osimage.e2e.Command;
import dev.osimage.oci.registry.Credentials.Login;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import okhttp3.OkHttpClient;
import okhttp3.tls.HeldCertificate;
import org.jspecify.annotations.Nullable;

/**
 * A registry that other people wrote, empty, on this machine for as long as it is open. Each has
 * storage, certificates and credentials of its own, so that many run side by side.
 */
public final class RealRegistry implements AutoCloseable {

  private static final String USER = "builder";

  /** The programs. */
  public enum Kind {
    /** Debian's docker-registry 2.8: no referrers API. */
    DISTRIBUTION_2("docker-registry"),
    /** distribution 3.1: no referrers API either. */
    DISTRIBUTION_3("registry"),
    /**
     * go-containerregistry's, in memory, with the referrers API. It names no {@code OCI-Subject},
     * lists a manifest by its config's media type instead of its artifact type, and answers 404 for
     * a repository without manifests.
     */
    GGCR_REFERRERS("ggcr-registry");

    private final String program;

    Kind(String program) {
      this.program = program;
    }
  }

  /** What a registry has beyond plain HTTP for everybody. */
  public enum Option {
    /** TLS by a private certificate authority. */
    TLS,
    /** Basic authentication; distribution only. */
    PASSWORD,
    /** Bearer tokens of a token server that wants the password; distribution only. */
    TOKEN,
    /** Deleting is off, which is distribution's default; distribution only. */
    NO_DELETION,
    /** nginx before it, which refuses request bodies of more than 1 MiB. */
    BEHIND_NGINX,
    /** Whoever reads a blob is sent to another host, see {@link BlobHost}; distribution only. */
    REDIRECTS
  }

  private final Kind kind;
  private final Set<Option> options;
  private final Path folder;
  private final String address;
  private final String host;
  private final @Nullable Tls tls;
  private final @Nullable Login credentials;
  private final OkHttpClient http;
  private final @Nullable BlobHost blobs;
  private final Deque<Daemon> running = new ArrayDeque<>();

  private RealRegistry(String address, Kind kind, HeldCertificate authority, Set<Option> options)
      throws IOException {
    this.address = address;
    this.host = Ports.free(address);
    this.kind = kind;
    this.options = options;
    folder = Files.createTempDirectory("osimage-registry-");
    tls = options.contains(Option.TLS) ? Tls.make(folder, address, authority) : null;
    http = tls == null ? new OkHttpClient() : tls.client();
    credentials = authenticates() ? new Login(USER, UUID.randomUUID().toString()) : null;
    blobs =
        options.contains(Option.REDIRECTS)
            ? BlobHost.start(address, folder.resolve("storage"), tls)
            : null;
  }

  /** Starts one on loopback; returns when it answers, or throws with what it said. */
  public static RealRegistry start(Kind kind, Option... options) {
    return startAt("127.0.0.1", kind, options);
  }

  /** Starts one at an address of this machine, such as that which pods reach. */
  public static RealRegistry startAt(String address, Kind kind, Option... options) {
    return startAt(address, Tls.newAuthority(), kind, options);
  }

  /** The same with certificates by an authority that others know already. */
  public static RealRegistry startAt(
      String address, HeldCertificate authority, Kind kind, Option... options) {
    var wanted = Set.of(options);
    if (wanted.containsAll(Set.of(Option.PASSWORD, Option.TOKEN))) {
      throw new IllegalArgumentException("a registry asks for a password or for a token, not both");
    }
    try {
      var registry = new RealRegistry(address, kind, authority, wanted);
      try {
        registry.startAll();
        return registry;
      } catch (IOException | RuntimeException e) {
        registry.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean authenticates() {
    return options.contains(Option.PASSWORD) || options.contains(Option.TOKEN);
  }

  private void startAll() throws IOException {
    if (options.contains(Option.BEHIND_NGINX)) {
      var backend = Ports.free("127.0.0.1");
      startRegistry(backend, null).awaitAnswer(http, "http://" + backend + "/v2/");
      startNginx(backend).awaitAnswer(http, url() + "/v2/");
    } else {
      startRegistry(host, tls).awaitAnswer(http, url() + "/v2/");
    }
  }

  private Daemon startRegistry(String address, @Nullable Tls tls) throws IOException {
    if (kind == Kind.GGCR_REFERRERS) {
      return startGgcr(address, tls);
    }
    var settings =
        RegistrySettings.distribution(
            address,
            folder.resolve("storage"),
            !options.contains(Option.NO_DELETION),
            tls,
            authentication(),
            blobs == null ? null : blobs.url());
    var file = Files.writeString(folder.resolve("registry.yaml"), settings);
    return start(address, kind.program, "serve", file.toString());
  }

  private Daemon startGgcr(String address, @Nullable Tls tls) {
    if (authenticates()) {
      throw new IllegalArgumentException("the registry of go-containerregistry asks nobody");
    }
    var arguments = new ArrayList<>(List.of("-address", address));
    if (tls != null) {
      arguments.addAll(
          List.of(
              "-tls-certificate", tls.certificate().toString(), "-tls-key", tls.key().toString()));
    }
    return start(address, kind.program, arguments.toArray(String[]::new));
  }

  private Daemon startNginx(String backend) throws IOException {
    var file =
        Files.writeString(folder.resolve("nginx.conf"), RegistrySettings.nginx(host, backend, tls));
    return start(host, "nginx", "-e", "stderr", "-p", folder.toString(), "-c", file.toString());
  }

  private Daemon start(String address, String program, String... arguments) {
    var daemon = Daemon.start(address, folder, program, arguments);
    running.push(daemon);
    return daemon;
  }

  private String authentication() throws IOException {
    if (credentials == null) {
      return "";
    }
    var htpasswd =
        Files.writeString(
            folder.resolve("htpasswd"),
            Command.of("htpasswd", "-Bin", credentials.username())
                .reading(credentials.password())
                .run());
    if (options.contains(Option.PASSWORD)) {
      return RegistrySettings.password(htpasswd);
    }
    var tokens = TokenServer.start(address, folder, htpasswd, tls, http);
    running.push(tokens.daemon());
    return tokens.settings(kind);
  }

  /** {@code host:port} that clients name. */
  public String host() {
    return host;
  }

  /** Its address with scheme, without a slash at the end. */
  public String url() {
    return (tls == null ? "http://" : "https://") + host;
  }

  /** {@code host/path} of a repository that the user may write to. */
  public String repository(String name) {
    return host + "/" + USER + "/" + name;
  }

  /** Whether it speaks plain HTTP. */
  public boolean plainHttp() {
    return tls == null;
  }

  /** What it wants to know of a client; empty when it asks nobody. */
  public Optional<Login> credentials() {
    return Optional.ofNullable(credentials);
  }

  /** The certificate of its authority; empty when it has no TLS. */
  public Optional<String> authorityPem() {
    return Optional.ofNullable(tls).map(Tls::authorityPem);
  }

  /** The host that it sends readers of blobs to. */
  public BlobHost blobs() {
    return Objects.requireNonNull(blobs, "a registry without REDIRECTS");
  }

  /** A client that trusts it. */
  public OkHttpClient http() {
    return http;
  }

  /** Ends its processes and deletes what they stored; their logs stay. */
  @Override
  public void close() {
    try {
      while (!running.isEmpty()) {
        running.pop().close();
      }
      if (blobs != null) {
        blobs.close();
      }
      http.connectionPool().evictAll();
      try (var files = Files.walk(folder)) {
        files.sorted(Comparator.reverseOrder()).forEach(RealRegistry::delete);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its variant, for the names of tests. */
  @Override
  public String toString() {
    return kind + " " + options + " at " + host;
  }
}
