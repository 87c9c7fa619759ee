package dev.osimage.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.osimage.bench.Inputs.Input;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A boot gateway as in the container image, with an empty cache and no API server. */
final class GatewayProcess implements AutoCloseable {

  private static final String CACHE = "cache";
  private static final String HEX = "1".repeat(64);

  private final Server server;

  private GatewayProcess(Server server) {
    this.server = server;
  }

  /** Starts one that knows an artifact of these parts in {@code repository}. */
  static GatewayProcess start(Workplace place, String repository, List<Input> parts)
      throws IOException {
    place.emptied(CACHE);
    var known = new ArrayList<Map<String, Object>>();
    for (var part : parts) {
      known.add(
          Map.of(
              "name", name(part),
              "mediaType", "application/octet-stream",
              "digest", part.digest().toString(),
              "size", Files.size(place.path(part.file())),
              "url", "http://unused"));
    }
    var artifact =
        Map.of(
            "namespace",
            "bench",
            "name",
            "os",
            "manifest",
            "sha256:" + HEX,
            "repository",
            repository,
            "plainHttp",
            true,
            "parts",
            known);
    Files.write(
        place.path(CACHE + "/catalog.json"),
        JsonMapper.builder().build().writeValueAsBytes(List.of(artifact)));
    int port = Server.freePort();
    var words =
        new ArrayList<>(
            List.of(
                "env",
                "OSIMAGE_GATEWAY_URL=http://127.0.0.1:" + port,
                "OSIMAGE_GATEWAY_PORT=" + port,
                "OSIMAGE_GATEWAY_HEALTH_PORT=0",
                "OSIMAGE_GATEWAY_REQUESTS_PER_SECOND=0",
                "OSIMAGE_GATEWAY_CACHE=" + CACHE,
                // Nobody listens there.
                "KUBERNETES_MASTER=https://127.0.0.1:1"));
    words.addAll(Java.gateway().pipes().getFirst().programs().getFirst());
    return new GatewayProcess(Server.start(place, port, "gateway.log", words));
  }

  private static String name(Input part) {
    return part.file().substring(part.file().lastIndexOf('/') + 1);
  }

  /** Where a part is served. */
  String url(Input part) {
    return "http://%s/v1/osimages/bench/os/sha256-%s/%s".formatted(server.host(), HEX, name(part));
  }

  Server server() {
    return server;
  }

  /** Seconds of CPU that it used since it began to listen. */
  double cpu() {
    return server.cpu();
  }

  /** The most MiB that it had resident so far. */
  double peakMib() throws IOException {
    return server.peakMib();
  }

  @Override
  public void close() {
    server.close();
  }
}
