package dev.osimage.e2e.registry;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.osimage.e2e.Command;
import dev.osimage.e2e.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * The registry clients that other people wrote, with a home of their own in which one registry is
 * known. They run in that home, so that relative paths are of files there.
 */
public final class Peers {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> BUILT =
      List.of("registry", "ggcr-registry", "token-server", "oras", "crane", "cosign2", "cosign3");

  private final Path home;
  private final boolean plainHttp;

  private Peers(Path home, boolean plainHttp) {
    this.home = home;
    this.plainHttp = plainHttp;
  }

  /** Whether {@code e2e/local/tools.sh peers} could build all of them, and the registries. */
  public static boolean areBuilt() {
    return BUILT.stream().allMatch(Project::isBuilt);
  }

  /** Clients that know the registry's authority and credentials; {@code home} is a folder. */
  public static Peers of(RealRegistry registry, Path home) {
    var logins =
        registry
            .credentials()
            .map(known -> Map.of(registry.host(), known.username() + ":" + known.password()))
            .orElse(Map.of());
    return make(registry, home, logins);
  }

  /** Clients that know the registry's authority, but no credentials. */
  public static Peers strangersTo(RealRegistry registry, Path home) {
    return make(registry, home, Map.of());
  }

  private static Peers make(RealRegistry registry, Path home, Map<String, String> logins) {
    try {
      var peers = new Peers(home, registry.plainHttp());
      Files.createDirectories(peers.dockerFolder());
      Files.writeString(peers.dockerConfig(), dockerConfig(logins));
      Files.writeString(peers.authorities(), registry.authorityPem().orElse(""));
      Files.createDirectories(peers.containersFolder());
      Files.writeString(
          peers.containersFolder().resolve("registries.conf"),
          "[[registry]]\nlocation = \"%s\"\ninsecure = %s\n"
              .formatted(registry.host(), registry.plainHttp()));
      return peers;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String dockerConfig(Map<String, String> logins) {
    var config = new ObjectMapper().createObjectNode();
    var auths = config.putObject("auths");
    logins.forEach((host, login) ->
        auths
            .putObject(host)
            .put(
                "auth",
                Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8))));
    return config.toString();
  }

  /** Their folder. */
  public Path home() {
    return home;
  }

  /** The Docker {@code config.json} with which they log in. */
  public Path dockerConfig() {
    return dockerFolder().resolve("config.json");
  }

  private Path dockerFolder() {
    return home.resolve(".docker");
  }

  private Path authorities() {
    return home.resolve("authorities.pem");
  }

  private Path containersFolder() {
    return home.resolve(".config/containers");
  }

  /** oras; a flag for plain HTTP is added where it needs one. */
  public Command oras(String... arguments) {
    if (!plainHttp) {
      return command("oras", arguments);
    }
    var flags =
        arguments[0].equals("cp")
            ? List.of("--from-plain-http", "--to-plain-http")
            : List.of("--plain-http");
    var words = new ArrayList<>(Arrays.asList(arguments));
    words.addAll(flags);
    return command("oras", words.toArray(String[]::new));
  }

  /** crane, which tries TLS and then plain HTTP on a loopback address. */
  public Command crane(String... arguments) {
    return command("crane", arguments);
  }

  /** skopeo. */
  public Command skopeo(String... arguments) {
    return command("skopeo", arguments);
  }

  /** cosign 2; its keys have the password that is empty. */
  public Command cosign2(String... arguments) {
    return command("cosign2", arguments);
  }

  /** cosign 3; its keys have the password that is empty. */
  public Command cosign3(String... arguments) {
    return command("cosign3", arguments);
  }

  private Command command(String program, String... arguments) {
    return Command.of(program, arguments)
        .in(home)
        .within(PATIENCE)
        .with("HOME", home.toString())
        .with("XDG_CONFIG_HOME", home.resolve(".config").toString())
        .with("XDG_CACHE_HOME", home.resolve(".cache").toString())
        .with("DOCKER_CONFIG", dockerFolder().toString())
        .with("REGISTRY_AUTH_FILE", dockerConfig().toString())
        .with("SSL_CERT_FILE", authorities().toString())
        .with("SSL_CERT_DIR", home.resolve("no-other-authorities").toString())
        .with("COSIGN_PASSWORD", "");
  }
}
