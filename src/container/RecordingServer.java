import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// As much of a Kubernetes API, a registry and a web server as the programs need to get going
/// while their classes are recorded: RecordingServer KEYSTORE FOLDER URL-FILE.
/// Lists are empty unless FOLDER holds `<plural>.json`, an array of items. What is written is echoed.
class RecordingServer {
  /** The operator asks whether it may use Leases. */
  private static final String RIGHTS =
      "{\"kind\":\"SelfSubjectRulesReview\",\"apiVersion\":\"authorization.k8s.io/v1\",\"status\":{\"resourceRules\":["
          + "{\"apiGroups\":[\"*\"],\"resources\":[\"*\"],\"verbs\":[\"*\"]}],\"nonResourceRules\":[],\"incomplete\":false}}";

  private static Path folder;

  public static void main(String[] args) throws Exception {
    folder = Path.of(args[1]);
    var password = "changeit".toCharArray();
    var store = KeyStore.getInstance("PKCS12");
    try (var in = new FileInputStream(args[0])) {
      store.load(in, password);
    }
    var keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, password);
    var tls = SSLContext.getInstance("TLS");
    tls.init(keys.getKeyManagers(), null, null);
    var server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", RecordingServer::kubernetes);
    server.createContext("/v2/", RecordingServer::registry);
    server.createContext("/files/", exchange -> answer(exchange, 200, "x".repeat(200_000)));
    server.start();
    Files.writeString(Path.of(args[2]), "https://127.0.0.1:" + server.getAddress().getPort());
  }

  private static void kubernetes(HttpExchange exchange) throws IOException {
    var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    var query = String.valueOf(exchange.getRequestURI().getQuery());
    var path = exchange.getRequestURI().getPath();
    System.out.println(exchange.getRequestMethod() + " " + exchange.getRequestURI());
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    if (query.contains("watch=true")) {
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().flush();
    } else if (path.endsWith("/selfsubjectrulesreviews")) {
      answer(exchange, 201, RIGHTS);
    } else if (!exchange.getRequestMethod().equals("GET")) {
      answer(exchange, exchange.getRequestMethod().equals("POST") ? 201 : 200, body);
    } else if (path.equals("/version")) {
      answer(exchange, 200, "{\"major\":\"1\",\"minor\":\"36\",\"gitVersion\":\"v1.36.0\"}");
    } else if (path.contains("/leases/")) {
      answer(exchange, 404, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404}");
    } else {
      var items = folder.resolve(path.substring(path.lastIndexOf('/') + 1) + ".json");
      answer(exchange, 200, "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":"
          + (Files.exists(items) ? Files.readString(items) : "[]") + "}");
    }
  }

  private static void registry(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    var path = exchange.getRequestURI().getPath();
    switch (exchange.getRequestMethod()) {
      case "GET", "HEAD" -> answer(exchange, path.equals("/v2/") ? 200 : 404, "");
      case "PUT" -> answer(exchange, 201, "");
      default -> {
        exchange.getResponseHeaders().set("Location", path.endsWith("/uploads/") ? path + "1" : path);
        answer(exchange, 202, "");
      }
    }
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
    exchange.close();
  }
}
