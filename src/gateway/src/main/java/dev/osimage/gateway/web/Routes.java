package dev.osimage.gateway.web;

import dev.osimage.api.BootFile;
import dev.osimage.api.BootPath;
import dev.osimage.gateway.cache.Blob;
import dev.osimage.gateway.cache.BlobCache;
import dev.osimage.gateway.cache.BlobCache.Hold;
import dev.osimage.gateway.catalog.BootImage;
import dev.osimage.gateway.catalog.Catalog;
import dev.osimage.gateway.upstream.Registries;
import dev.osimage.oci.Descriptor;
import dev.osimage.oci.Digest;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The paths of machines. Each request has a virtual thread until its first bytes are there; what
 * follows needs none, see {@link BlobResponse}.
 */
final class Routes implements HttpHandler {

  private static final HttpString NO_SNIFF = new HttpString("X-Content-Type-Options");
  private static final String OCTETS = "application/octet-stream";
  private static final String EFI = "application/efi";
  private static final String UKI_TYPE = "application/vnd.ironcore.image.uki";

  /** As boot-operator's image proxy has it: {@code /httpboot/<repository>/sha256-<hex>.efi}. */
  private static final Pattern HTTPBOOT =
      Pattern.compile("/httpboot/([A-Za-z0-9._:/-]{1,255})/sha256-([0-9a-f]{64})\\.efi");

  private final Catalog catalog;
  private final BlobCache cache;
  private final Registries registries;
  private final WebSettings settings;
  private final WebMetrics metrics;

  Routes(
      Catalog catalog,
      BlobCache cache,
      Registries registries,
      WebSettings settings,
      WebMetrics metrics) {
    this.catalog = catalog;
    this.cache = cache;
    this.registries = registries;
    this.settings = settings;
    this.metrics = metrics;
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) throws InterruptedException {
    if (!exchange.getRequestMethod().equals(Methods.GET)
        && !exchange.getRequestMethod().equals(Methods.HEAD)) {
      exchange.getResponseHeaders().put(Headers.ALLOW, "GET, HEAD");
      Answers.refuse(exchange, new Problem(405, "only GET and HEAD are known here"));
      return;
    }
    if (exchange.isRequestComplete()) {
      // As it was sent: what would have to be decoded is in none of our paths.
      route(exchange, exchange.getRequestPath());
    } else {
      exchange.setPersistent(false);
      Answers.refuse(exchange, new Problem(413, "a request has no content here"));
    }
  }

  private void route(HttpServerExchange exchange, String path) throws InterruptedException {
    var boot = BootPath.parse(path);
    if (boot.isPresent()) {
      serve(exchange, boot.get());
      return;
    }
    var latest = BootPath.Latest.parse(path);
    if (latest.isPresent()) {
      redirect(exchange, latest.get());
      return;
    }
    var proxied = proxied(path, exchange.getQueryString());
    if (proxied.isPresent()) {
      send(exchange, proxied.get().image(), proxied.get().blob(), type(proxied.get().blob()));
      return;
    }
    Answers.refuse(exchange, unknown());
  }

  private Optional<Catalog.Found> proxied(String path, String query) {
    var httpboot = HTTPBOOT.matcher(path);
    if (httpboot.matches()) {
      return catalog.find(httpboot.group(1), Digest.parse("sha256:" + httpboot.group(2)));
    }
    if (!path.equals("/image")) {
      return Optional.empty();
    }
    var parameters = parameters(query);
    try {
      return catalog.find(
          parameters.getOrDefault("imageName", ""),
          Digest.parse(parameters.getOrDefault("layerDigest", "")));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private void serve(HttpServerExchange exchange, BootPath path) throws InterruptedException {
    var image = catalog.find(path);
    if (image.isEmpty()) {
      Answers.refuse(exchange, unknown());
      return;
    }
    if (path.file().part().isEmpty()) {
      script(exchange, image.get(), path.file());
      return;
    }
    var part = image.get().part(path.file());
    if (part.isEmpty()) {
      Answers.refuse(exchange, new Problem(404, "this artifact has no " + path.file().text()));
      return;
    }
    send(exchange, image.get(), part.get(), type(path.file()));
  }

  private static String type(BootFile file) {
    return switch (file) {
      case UKI -> EFI;
      case ISO -> "application/vnd.efi-iso";
      default -> OCTETS;
    };
  }

  private static String type(Descriptor blob) {
    return blob.mediaType().equals(UKI_TYPE) ? EFI : OCTETS;
  }

  private void redirect(HttpServerExchange exchange, BootPath.Latest latest) {
    var newest = catalog.newest(latest.namespace(), latest.name());
    if (newest.isEmpty()) {
      Answers.refuse(exchange, unknown());
      return;
    }
    var query = exchange.getQueryString();
    var path =
        new BootPath(latest.namespace(), latest.name(), newest.get().manifest(), BootFile.IPXE);
    exchange.setStatusCode(302);
    exchange
        .getResponseHeaders()
        .put(Headers.LOCATION, settings.prefix() + path + (query.isEmpty() ? "" : "?" + query))
        .put(Headers.CACHE_CONTROL, "no-store");
    exchange.endExchange();
  }

  private void script(HttpServerExchange exchange, BootImage image, BootFile file) {
    List<String> append;
    try {
      append =
          settings
              .append()
              .arguments(parameters(exchange.getQueryString()).getOrDefault("append", ""));
    } catch (IllegalArgumentException e) {
      Answers.refuse(exchange, new Problem(400, String.valueOf(e.getMessage())));
      return;
    }
    var scripts = new BootScript(settings.baseUrl(), image, append);
    var script = file == BootFile.IPXE ? scripts.ipxe() : scripts.grub();
    if (script.isEmpty()) {
      Answers.refuse(exchange, new Problem(404, "this artifact has neither a kernel nor a UKI"));
      return;
    }
    Answers.text(exchange, script.get());
  }

  private void send(
      HttpServerExchange exchange, BootImage image, Descriptor part, String contentType)
      throws InterruptedException {
    var etag = "\"" + part.digest() + "\"";
    var headers = exchange.getResponseHeaders();
    headers.put(Headers.ETAG, etag).put(Headers.ACCEPT_RANGES, "bytes");
    var known = exchange.getRequestHeaders().getFirst(Headers.IF_NONE_MATCH);
    if (known != null && isAmong(etag, known)) {
      exchange.setStatusCode(304);
      exchange.endExchange();
      return;
    }
    boolean get = exchange.getRequestMethod().equals(Methods.GET);
    var selection =
        Selection.of(
            part.size(),
            get ? exchange.getRequestHeaders().getFirst(Headers.RANGE) : null,
            exchange.getRequestHeaders().getFirst(Headers.IF_RANGE),
            etag);
    if (selection.isEmpty()) {
      headers.put(Headers.CONTENT_RANGE, "bytes */" + part.size());
      Answers.refuse(exchange, new Problem(416, "the file has %d bytes".formatted(part.size())));
      return;
    }
    Hold hold = null;
    if (get && part.size() > 0) {
      try {
        hold = ready(image, part, selection.get());
      } catch (IOException e) {
        Answers.refuse(exchange, Problem.of(e, image.repository().host()));
        return;
      }
    }
    headers.put(Headers.CONTENT_TYPE, contentType).put(NO_SNIFF, "nosniff");
    if (selection.get().partial()) {
      exchange.setStatusCode(206);
      headers.put(Headers.CONTENT_RANGE, selection.get().contentRange(part.size()));
    }
    exchange.setResponseContentLength(selection.get().length());
    if (hold == null) {
      exchange.endExchange();
    } else {
      BlobResponse.begin(exchange, hold, selection.get(), metrics::sent);
    }
  }

  /** Waits until an answer can begin: before, a failure can still be told. */
  private Hold ready(BootImage image, Descriptor part, Selection selection)
      throws IOException, InterruptedException {
    var repository = image.repository();
    var source = registries.blobs(repository, image.plainHttp());
    var hold = cache.hold(part, repository.toString(), source);
    boolean ready = false;
    try {
      var blob = hold.blob();
      // Of what ends before the bytes that are held back, somebody could have wrong ones whole.
      if (selection.partial() && blob.isShownEarly(selection.end())) {
        blob.awaitEnd();
        failIf(blob, !blob.isComplete());
      } else {
        blob.awaitBeyond(selection.start());
        failIf(blob, blob.available() <= selection.start());
      }
      ready = true;
      return hold;
    } finally {
      if (!ready) {
        hold.close();
      }
    }
  }

  private static void failIf(Blob blob, boolean failed) throws IOException {
    if (failed) {
      throw new IOException(blob.failure().orElse(null));
    }
  }

  private Problem unknown() {
    return catalog.isComplete() ? new Problem(404, Problem.NOT_FOUND) : Problem.UNKNOWN_YET;
  }

  private static boolean isAmong(String etag, String list) {
    return list.strip().equals("*")
        || List.of(list.split(",", -1)).stream()
            .map(item -> item.strip().replaceFirst("^W/", ""))
            .anyMatch(etag::equals);
  }

  private static Map<String, String> parameters(String query) {
    var parameters = new HashMap<String, String>();
    for (var pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        parameters.put(pair.substring(0, equals), decoded(pair.substring(equals + 1)));
      }
    }
    return parameters;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }
}
