package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class HttpTransportTest {

  private static final int MORE_THAN_SOCKETS_HOLD = 32 * 1024 * 1024;
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  @Test
  void theUsualSettingsWaitLongerForACommitThanForAnAnswer() {
    var settings = HttpSettings.of(Map.of("HTTP_PROXY", "proxy:1"));

    assertThat(settings.commitTimeout()).isGreaterThan(settings.answerTimeout());
    assertThat(settings.proxies().proxyFor("http", "r.example", 80)).isNotNull();
    var quick = settings.withTimeouts(Duration.ofMillis(5));
    assertThat(
            List.of(
                quick.connectTimeout(),
                quick.answerTimeout(),
                quick.writeTimeout(),
                quick.commitTimeout()))
        .containsOnly(Duration.ofMillis(5));
    assertThat(quick.proxies()).isSameAs(settings.proxies());
    assertThat(quick.transfersPerHost()).isEqualTo(settings.transfersPerHost());
  }

  @Test
  void requestsSayWhoAsksAndWantTheBytesThemselves() throws IOException {
    try (var server = RawServer.of(OK);
        var http = http(Duration.ofSeconds(10))) {
      http.send(request(server.url())).close();

      assertThat(server.heads().getFirst())
          .contains("User-Agent: osimage\r\n", "Accept-Encoding: identity\r\n");
    }
  }

  @Test
  void anAnswerThatDoesNotComeInTimeIsAFailure() throws IOException {
    try (var server = RawServer.of(RawServer.STALL);
        var quick = http(Duration.ofMillis(200));
        var slow = http(Duration.ofMinutes(1))) {
      assertThatThrownBy(() -> quick.send(request(server.url())).close())
          .isInstanceOf(InterruptedIOException.class);
      assertThatThrownBy(() -> slow.send(request(server.url()), Duration.ofMillis(200)).close())
          .isInstanceOf(InterruptedIOException.class);
    }
  }

  @Test
  void onlyUploadsMayWaitAsLongAsACommitTakes() throws IOException {
    var usual = HttpSettings.of(Map.of());
    var settings =
        new HttpSettings(
            Proxies.none(),
            usual.connectTimeout(),
            Duration.ofMinutes(5),
            usual.writeTimeout(),
            Duration.ofMillis(200),
            1,
            "test");
    try (var server = RawServer.of(RawServer.STALL);
        var http = new HttpTransport(settings)) {
      assertThatThrownBy(() -> http.upload(request(server.url())).close())
          .isInstanceOf(InterruptedIOException.class);
    }
  }

  @Test
  void anUploadThatNobodyTakesIsAFailure() throws IOException {
    var usual = HttpSettings.of(Map.of());
    var settings =
        new HttpSettings(
            Proxies.none(),
            usual.connectTimeout(),
            Duration.ofMinutes(5),
            Duration.ofMillis(200),
            Duration.ofMinutes(5),
            1,
            "test");
    try (var server = RawServer.of(RawServer.STALL);
        var http = new HttpTransport(settings)) {
      var more = RequestBody.create(new byte[MORE_THAN_SOCKETS_HOLD]);
      var upload = new Request.Builder().url(server.url()).put(more).build();

      assertThatThrownBy(() -> http.upload(upload).close())
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void closingEndsRequestsThatRunAndThatCome() throws Exception {
    var asked = new CountDownLatch(1);
    var http = http(Duration.ofMinutes(5));
    var derived = http.trusting(new CaBundle(List.of(authority())));
    try (var server =
        new RawServer((number, head) -> {
          asked.countDown();
          return RawServer.STALL;
        })) {
      var running = new FutureTask<>(() -> derived.upload(request(server.url())));
      var thread = Thread.ofVirtual().start(running);
      assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();

      http.close();

      assertThatThrownBy(running::get).hasCauseInstanceOf(ClosedTransportException.class);
      thread.join();
      for (var transport : List.of(http, derived)) {
        assertThatThrownBy(() -> transport.send(request(server.url())))
            .isInstanceOf(ClosedTransportException.class)
            .hasMessage("the work was ended");
      }
      assertThat(server.heads()).hasSize(1);
    }
  }

  @Test
  void transportsThatAreDerivedShareTheirTransfers() {
    try (var http = http(Duration.ofSeconds(1))) {
      assertThat(http.trusting(new CaBundle(List.of(authority()))).transfers())
          .isSameAs(http.transfers());
    }
  }

  @Test
  void connectionsAreUsedAgain() throws Exception {
    try (var server = new MockWebServer();
        var http = http(Duration.ofSeconds(10))) {
      server.start();
      for (int i = 0; i < 2; i++) {
        server.enqueue(new MockResponse.Builder().body("x").build());
        http.send(request(server.url("/"))).close();
      }
      assertThat(server.takeRequest().getConnectionIndex())
          .isEqualTo(server.takeRequest().getConnectionIndex());
    }
  }

  private static X509Certificate authority() {
    return new HeldCertificate.Builder().certificateAuthority(0).build().certificate();
  }

  private static HttpTransport http(Duration timeout) {
    return new HttpTransport(HttpSettings.of(Map.of()).withTimeouts(timeout));
  }

  private static Request request(HttpUrl url) {
    return new Request.Builder().url(url).build();
  }
}
