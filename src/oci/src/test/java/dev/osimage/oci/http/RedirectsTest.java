package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import okhttp3.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedirectsTest {

  private final MockWebServer server = new MockWebServer();
  private final MockWebServer other = new MockWebServer();
  private final HttpTransport http =
      new HttpTransport(HttpSettings.of(Map.of()).withTimeouts(Duration.ofSeconds(10)));

  @BeforeEach
  void start() throws IOException {
    server.start();
    other.start();
  }

  @AfterEach
  void close() {
    http.close();
    server.close();
    other.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void aRedirectIsFollowedWithTheSameMethodAndItsRange(int status) throws Exception {
    redirect(server, status, other.url("/blob?sig=1").toString());
    other.enqueue(new MockResponse.Builder().body("blob").build());

    assertThat(follow()).isEqualTo("blob");
    var received = other.takeRequest();
    assertThat(received.getMethod()).isEqualTo("GET");
    assertThat(received.getTarget()).isEqualTo("/blob?sig=1");
    assertThat(received.getHeaders().get("Range")).isEqualTo("bytes=5-");
  }

  @Test
  void secretsStayWithTheFirstOriginEvenWhenTheWayLeadsBack() throws Exception {
    redirect(server, 302, "/same-origin");
    redirect(server, 302, other.url("/elsewhere").toString());
    redirect(other, 302, server.url("/back").toString());
    server.enqueue(new MockResponse.Builder().body("blob").build());

    assertThat(follow()).isEqualTo("blob");
    assertThat(server.takeRequest().getHeaders().get("Authorization")).isEqualTo("Bearer t");
    assertThat(server.takeRequest().getHeaders().get("Authorization")).isEqualTo("Bearer t");
    var elsewhere = other.takeRequest().getHeaders();
    assertThat(elsewhere.names()).doesNotContain("Authorization", "X-Key").contains("Range");
    assertThat(server.takeRequest().getHeaders().get("Authorization")).isNull();
  }

  @Test
  void aRelativeRedirectIsRelativeToWhereItWasGiven() throws Exception {
    redirect(server, 307, other.url("/a/b/c").toString());
    redirect(other, 307, "../d");
    other.enqueue(new MockResponse.Builder().body("blob").build());

    assertThat(follow()).isEqualTo("blob");
    other.takeRequest();
    assertThat(other.takeRequest().getTarget()).isEqualTo("/a/d");
  }

  @Test
  void tenRedirectsAreFollowedAndElevenAreNot() throws Exception {
    for (int i = 0; i < 10; i++) {
      redirect(server, 302, "/" + i);
    }
    server.enqueue(new MockResponse.Builder().body("blob").build());
    assertThat(follow()).isEqualTo("blob");

    for (int i = 0; i < 11; i++) {
      redirect(server, 302, "/" + i);
    }
    assertThatThrownBy(this::follow)
        .isInstanceOf(RedirectException.class)
        .hasMessage("it redirects more than 10 times");
    assertThat(server.getRequestCount()).isEqualTo(22);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://10.0.0.1/", "http://169.254.169.254/latest/meta-data"})
  void aRedirectToAPrivateAddressIsNotFollowed(String target) {
    redirect(server, 302, target);

    assertThatThrownBy(this::follow)
        .isInstanceOf(RedirectException.class)
        .hasMessageStartingWith("it answers with a redirect that leads to the private address 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:///etc/passwd", "http://", "ftp://r.example/"})
  void aRedirectToWhatIsNoWebAddressIsNotFollowed(String target) {
    redirect(server, 302, target);

    assertThatThrownBy(this::follow)
        .isInstanceOf(RedirectException.class)
        .hasMessage("it redirects without saying where to");
  }

  @Test
  void aRedirectWithoutATargetIsNotFollowed() {
    server.enqueue(new MockResponse.Builder().code(302).build());

    assertThatThrownBy(this::follow).hasMessage("it redirects without saying where to");
  }

  @Test
  void whatIsOnlySentIsNotRedirected() throws IOException {
    redirect(server, 302, other.url("/").toString());

    try (var response = http.send(request())) {
      assertThat(response.code()).isEqualTo(302);
    }
    assertThat(other.getRequestCount()).isZero();
  }

  private String follow() throws IOException {
    try (var response = http.follow(request(), Set.of("authorization", "X-Key"))) {
      return response.body().string();
    }
  }

  private Request request() {
    return new Request.Builder()
        .url(server.url("/start"))
        .header("Authorization", "Bearer t")
        .header("X-Key", "k")
        .header("Range", "bytes=5-")
        .build();
  }

  private static void redirect(MockWebServer from, int status, String target) {
    from.enqueue(new MockResponse.Builder().code(status).addHeader("Location", target).build());
  }
}
