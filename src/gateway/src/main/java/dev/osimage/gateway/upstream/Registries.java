package dev.osimage.gateway.upstream;

import dev.osimage.gateway.cache.BlobSource;
import dev.osimage.oci.Repository;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.http.RetryPolicy;
import dev.osimage.oci.registry.Credentials;
import dev.osimage.oci.registry.DockerConfig;
import dev.osimage.oci.registry.RegistryClient;
import dev.osimage.oci.registry.RegistrySettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where blobs come from. Credentials are those that the administrator has mounted, read anew
 * whenever a registry asks for some: they may be exchanged at any time.
 */
public final class Registries {

  /** The most that is read of a Docker config; a Secret has at most as much. */
  private static final int MAX_BYTES = 1024 * 1024;

  private final HttpTransport http;
  private final Path dockerConfig;
  private final RetryPolicy retries;
  private final Map<Place, RegistryClient> clients = new ConcurrentHashMap<>();

  private record Place(Repository repository, boolean plainHttp) {}

  /** Reads {@code dockerConfig} if there is such a file. */
  public Registries(HttpTransport http, Path dockerConfig, RetryPolicy retries) {
    this.http = http;
    this.dockerConfig = dockerConfig;
    this.retries = retries;
  }

  /** The blobs of a repository. */
  public BlobSource blobs(Repository repository, boolean plainHttp) {
    return clients.computeIfAbsent(new Place(repository, plainHttp), this::client)::blob;
  }

  private RegistryClient client(Place place) {
    var settings =
        new RegistrySettings(place.plainHttp(), () -> credentials(place.repository()), retries);
    return new RegistryClient(http, place.repository(), settings);
  }

  private Optional<Credentials> credentials(Repository repository) {
    if (!Files.exists(dockerConfig)) {
      return Optional.empty();
    }
    try (var in = Files.newInputStream(dockerConfig)) {
      return DockerConfig.parse(in.readNBytes(MAX_BYTES)).credentialsFor(repository);
    } catch (IOException e) {
      throw new UncheckedIOException("the credentials of registries can't be read", e);
    }
  }
}
