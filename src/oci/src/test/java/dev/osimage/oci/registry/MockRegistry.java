package dev.osimage.oci.registry;

import dev.osimage.oci.Repository;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** A server that answers like a registry, and remembers what it was asked. */
final class MockRegistry implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(MockWebServer.class.getName());

  static {
    LOG.setLevel(Level.SEVERE);
  }

  static final Credentials CREDENTIALS = new Credentials("robot", "hunter2");
  static final String BASIC = "Basic cm9ib3Q6aHVudGVyMg==";

  final MockWebServer server = new MockWebServer();

  MockRegistry() throws IOException {
    server.start(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0);
  }

  /** {@code host:port}. */
  String host() {
    return "127.0.0.1:" + server.getPort();
  }

  Repository repository() {
    return new Repository(host(), "os/debian");
  }

  RegistryClient client() {
    return client(CREDENTIALS);
  }

  RegistryClient client(@Nullable Credentials credentials) {
    return new RegistryClient(new OkHttpClient(), repository(), true, credentials);
  }

  /** Adds an answer; headers are names and values in turn. */
  MockRegistry answer(int status, String... headers) {
    server.enqueue(response(status, headers).build());
    return this;
  }

  static MockResponse.Builder response(int status, String... headers) {
    var response = new MockResponse.Builder().code(status);
    for (int i = 0; i < headers.length; i += 2) {
      response.addHeader(headers[i], headers[i + 1]);
    }
    return response;
  }

  /** Answers by the request from now on, instead of in turn. */
  void answerBy(Function<RecordedRequest, MockResponse> answer) {
    server.setDispatcher(
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            return answer.apply(request);
          }
        });
  }

  /** The next request that came; fails when there is none. */
  RecordedRequest request() throws InterruptedException {
    var request = server.takeRequest(5, TimeUnit.SECONDS);
    return Objects.requireNonNull(request, "no further request came");
  }

  /** All requests that came and were not looked at yet, as {@code METHOD target}. */
  List<String> requests() throws InterruptedException {
    var requests = new ArrayList<String>();
    RecordedRequest request;
    while ((request = server.takeRequest(0, TimeUnit.SECONDS)) != null) {
      requests.add(request.getMethod() + " " + request.getTarget());
    }
    return requests;
  }

  static String body(RecordedRequest request) {
    return Objects.requireNonNull(request.getBody()).string(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    server.close();
  }
}
