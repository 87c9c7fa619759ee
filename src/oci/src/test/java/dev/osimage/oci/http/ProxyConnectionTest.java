package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import okio.BufferedSink;
import okio.Okio;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The names end in .invalid: only who speaks through the proxy can reach them. */
class ProxyConnectionTest {

  private static final String NAME = "registry.invalid";
  private static final HeldCertificate AUTHORITY =
      new HeldCertificate.Builder().certificateAuthority(0).build();

  private final MockWebServer server = new MockWebServer();

  @BeforeEach
  void start() throws IOException {
    server.start();
    server.enqueue(new MockResponse.Builder().body("content").build());
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void plainHttpIsAskedForByItsWholeUrl() throws Exception {
    try (var proxy = new HttpProxy(server.getPort(), null)) {
      assertThat(get(proxy, "http://" + NAME + "/v2/?a=b", "")).isEqualTo("content");

      assertThat(proxy.requestLines())
          .containsExactly("GET http://registry.invalid/v2/?a=b HTTP/1.1");
      var received = server.takeRequest();
      assertThat(received.getTarget()).isEqualTo("/v2/?a=b");
      assertThat(received.getHeaders().get("Host")).isEqualTo(NAME);
    }
  }

  @Test
  void tlsGoesThroughATunnelToTheServerItself() throws Exception {
    useTls();
    try (var proxy = new HttpProxy(server.getPort(), null)) {
      assertThat(get(proxy, "https://" + NAME + "/v2/", "")).isEqualTo("content");

      assertThat(proxy.requestLines()).containsExactly("CONNECT registry.invalid:443 HTTP/1.1");
      assertThat(server.takeRequest().getHeaders().get("Proxy-Authorization")).isNull();
    }
  }

  @Test
  void theCredentialsOfTheProxyGoToTheProxyWithTheFirstRequest() throws Exception {
    try (var proxy = new HttpProxy(server.getPort(), "user:geh@im/é")) {
      assertThat(get(proxy, "http://" + NAME + "/", "user:geh%40im%2F%C3%A9@"))
          .isEqualTo("content");

      assertThat(proxy.requestLines()).hasSize(1);
    }
  }

  @Test
  void theCredentialsOfTheProxyOpenATunnelAndGoNoFurther() throws Exception {
    useTls();
    try (var proxy = new HttpProxy(server.getPort(), "user:secret")) {
      assertThat(get(proxy, "https://" + NAME + "/", "user:secret@")).isEqualTo("content");

      assertThat(server.takeRequest().getHeaders().names())
          .doesNotContain("Proxy-Authorization", "Authorization");
    }
  }

  @Test
  void contentThatCanBeSentOnlyOnceReachesAServerBehindAProxyWithAPassword() throws Exception {
    try (var proxy = new HttpProxy(server.getPort(), "user:secret");
        var http = http(proxy, "user:secret@", "");
        var response = http.upload(onceThroughPut("http://" + NAME + "/blob"))) {
      assertThat(response.code()).isEqualTo(200);
      assertThat(server.takeRequest().getBody()).hasToString("[text=once]");
    }
  }

  @Test
  void aProxyThatRefusesIsNamedWithoutItsPassword() throws Exception {
    useTls();
    try (var proxy = new HttpProxy(server.getPort(), "user:secret")) {
      for (var wrong : List.of("", "user:wrong-password@")) {
        assertThatThrownBy(() -> get(proxy, "https://" + NAME + "/", wrong))
            .isInstanceOf(IOException.class)
            .satisfies(e ->
                assertThat(ConnectionFailure.describe((IOException) e))
                    .contains("proxy")
                    .doesNotContain("wrong-password", "user", "dXNlcj"));
      }
      try (var http = http(proxy, "user:wrong-password@", "");
          var response = http.send(request("http://" + NAME + "/"))) {
        assertThat(response.code()).isEqualTo(407);
        assertThat(response.toString()).doesNotContain("wrong-password");
      }
    }
  }

  @Test
  void aProxyThatIsNotThereIsAConnectionFailureWithoutItsPassword() throws Exception {
    int nobody;
    try (var closed = new HttpProxy(1, null)) {
      nobody = closed.port();
    }
    var http = http(nobody, "user:secret@", "");
    assertThatThrownBy(() -> http.send(request("http://" + NAME + "/")).close())
        .isInstanceOf(IOException.class)
        .satisfies(e ->
            assertThat(ConnectionFailure.describe((IOException) e))
                .contains("127.0.0.1")
                .doesNotContain("secret", "user"));
    http.close();
  }

  @Test
  void aHostThatNoProxyNamesIsReachedWithout() throws Exception {
    try (var proxy = new HttpProxy(server.getPort(), null);
        var http = http(proxy, "", "127.0.0.0/8");
        var response = http.send(request("http://127.0.0.1:" + server.getPort()))) {
      assertThat(response.body().string()).isEqualTo("content");
      assertThat(proxy.requestLines()).isEmpty();
      assertThat(server.takeRequest().getHeaders().get("Proxy-Authorization")).isNull();
    }
  }

  @Test
  void aRedirectToAHostWithoutProxyLeavesThePasswordOfTheProxyBehind() throws Exception {
    try (var first =
            RawServer.of(
                "HTTP/1.1 302 Go\r\nLocation: http://localhost:%d/\r\n\r\n"
                    .formatted(server.getPort()));
        var proxy = new HttpProxy(first.port(), "user:secret");
        var http = http(proxy, "user:secret@", "localhost:" + server.getPort());
        var response = http.follow(request("http://registry.localhost/"), Set.of())) {
      assertThat(response.body().string()).isEqualTo("content");
      assertThat(proxy.requestLines()).hasSize(1);
      assertThat(server.takeRequest().getHeaders().get("Proxy-Authorization")).isNull();
    }
  }

  private String get(HttpProxy proxy, String url, String login) throws IOException {
    try (var http = http(proxy, login, "");
        Response response = http.send(request(url))) {
      return response.body().string();
    }
  }

  private static Request request(String url) {
    return new Request.Builder().url(url).build();
  }

  private static Request onceThroughPut(String url) {
    var body =
        new RequestBody() {
          @Override
          public @Nullable MediaType contentType() {
            return null;
          }

          @Override
          public boolean isOneShot() {
            return true;
          }

          @Override
          public void writeTo(BufferedSink sink) throws IOException {
            sink.writeAll(
                Okio.source(new ByteArrayInputStream("once".getBytes(StandardCharsets.UTF_8))));
          }
        };
    return new Request.Builder().url(url).put(body).build();
  }

  private static HttpTransport http(HttpProxy proxy, String login, String noProxy) {
    return http(proxy.port(), login, noProxy);
  }

  private static HttpTransport http(int port, String login, String noProxy) {
    var environment = new TreeMap<>(Map.of("NO_PROXY", noProxy));
    environment.put("HTTP_PROXY", "http://" + login + "127.0.0.1:" + port);
    environment.put("HTTPS_PROXY", "http://" + login + "127.0.0.1:" + port);
    return new HttpTransport(HttpSettings.of(environment).withTimeouts(Duration.ofSeconds(10)))
        .trusting(new CaBundle(List.of(AUTHORITY.certificate())));
  }

  private void useTls() {
    var certificate =
        new HeldCertificate.Builder().signedBy(AUTHORITY).addSubjectAlternativeName(NAME).build();
    var tls = new HandshakeCertificates.Builder().heldCertificate(certificate).build();
    server.useHttps(tls.sslSocketFactory());
  }
}
