package dev.osimage.oci.faults;

import static dev.osimage.oci.faults.Probe.NAME;
import static dev.osimage.oci.faults.Probe.bytes;
import static dev.osimage.oci.faults.Probe.closing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Digest;
import dev.osimage.oci.MediaTypes;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.Executors;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens to single requests, above HTTP and below it. */
@Timeout(60)
class RuleTest {

  private static final Digest KERNEL = Digest.of(bytes("KERNEL"));
  private static final String BLOB = NAME + "/blobs/" + KERNEL;
  private static final String HEAD = "GET " + BLOB + " HTTP/1.1\r\nConnection: close\r\n\r\n";

  private FaultRegistry registry;
  private Probe probe;

  @BeforeEach
  void start() throws IOException {
    registry = FaultRegistry.start();
    probe = new Probe(registry);
    registry.addBlob(bytes("KERNEL"));
  }

  @AfterEach
  void stop() throws IOException {
    probe.close();
    registry.close();
  }

  @Test
  void aRuleCountsItsRequestsAndLeavesTheOthersAlone() throws IOException {
    registry.add(Rule.first(2, Step.BLOB_GET).after(1).answers(Answer.tooManyRequests("7")));

    assertThat(probe.get(BLOB).status()).isEqualTo(200);
    var refused = probe.get(BLOB);
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.header("Retry-After")).isEqualTo("7");
    assertThat(refused.header("Content-Type")).isEqualTo("text/plain");
    assertThat(probe.head(BLOB).status()).isEqualTo(200);
    assertThat(probe.get(BLOB).status()).isEqualTo(429);
    assertThat(probe.get(BLOB).status()).isEqualTo(200);
  }

  @Test
  void theFirstRuleIsTheOutermost() throws IOException {
    registry.add(
        Rule.always(Step.PING).header("X", "outer"), Rule.always(Step.PING).header("X", "inner"));

    assertThat(probe.get("/v2/").header("X")).isEqualTo("outer");
    registry.recover();
    assertThat(probe.get("/v2/").header("X")).isEmpty();
  }

  @Test
  void anErrorComesThoughAllIsDone() throws IOException {
    registry.add(Rule.once(Step.UPLOAD_PUT).answersAfterwards(Answer.html(502)));
    assertThat(probe.push("x")).isEqualTo(502);
    assertThat(registry.blob(Digest.of(bytes("x")))).isPresent();
  }

  @Test
  void anErrorComesWhenTheBodyWasReadAndNothingIsDone() throws IOException {
    registry.add(Rule.once(Step.UPLOAD_PATCH).answers(Answer.error(500, "UNKNOWN", "")));
    var location = probe.open();
    assertThat(probe.patch(location, "KERNEL").status()).isEqualTo(500);
    assertThat(registry.requests(Step.UPLOAD_PATCH).getFirst().bytes()).isEqualTo(6);
    assertThat(probe.get(location).header("Range")).isEqualTo("0-0");
  }

  @Test
  void theAnswerIsLostOrCut() throws IOException {
    registry.add(Rule.once(Step.UPLOAD_PUT).losesAnswer());
    assertThatThrownBy(() -> probe.push("x")).isInstanceOf(IOException.class);
    assertThat(registry.blob(Digest.of(bytes("x")))).isPresent();

    registry.add(Rule.always(Step.BLOB_GET).cutsAnswer(4));
    assertThat(probe.raw(HEAD)).contains("Content-Length: 6\r\n").endsWith("\r\n\r\nKERN");
    registry.add(Rule.always(Step.PING).resets());
    assertThatThrownBy(() -> probe.get("/v2/")).isInstanceOf(IOException.class);
  }

  @Test
  void theRequestIsCut() throws IOException {
    registry.add(Rule.once(Step.UPLOAD_PATCH).cutsRequest(4));
    var location = probe.open();

    assertThatThrownBy(() -> probe.patch(location, "KERNEL")).isInstanceOf(IOException.class);
    assertThat(registry.requests(Step.UPLOAD_PATCH).getFirst().bytes()).isEqualTo(4);
    var rest = probe.patch(location, "EL", "Content-Range: 4-5");
    assertThat(probe.put(closing(rest.location(), "KERNEL"), "").status()).isEqualTo(201);
  }

  @Test
  void theAnswerNeverComes() throws IOException {
    registry.add(Rule.once(Step.BLOB_GET).hangs());

    try (var socket = probe.connect()) {
      socket.setSoTimeout(100);
      socket.getOutputStream().write(bytes(HEAD));
      assertThatThrownBy(() -> socket.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
    }
    assertThat(probe.get(BLOB).status()).isEqualTo(200);
  }

  @Test
  void theAnswerComesByteByByte() throws IOException {
    registry.add(Rule.once(Step.BLOB_GET).trickles(Duration.ofMillis(1)));
    long start = System.nanoTime();

    var answer = probe.raw(HEAD);

    assertThat(answer).endsWith("\r\n\r\nKERNEL");
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isGreaterThan(Duration.ofMillis(answer.length()));
  }

  @Test
  void theAnswerIsNotHttp() throws IOException {
    registry.add(Rule.once(Step.BLOB_GET).says("HTTP/1.1 2"));
    assertThat(probe.raw(HEAD)).isEqualTo("HTTP/1.1 2");
  }

  @Test
  void theAnswerComesBeforeTheBody() throws IOException {
    registry.add(Rule.always(Step.UPLOAD_PATCH).answersEarly(Answer.html(413)));
    var path = probe.open().substring(registry.url().length());
    assertThat(probe.raw("PATCH " + path + " HTTP/1.1\r\nContent-Length: 9\r\n\r\n"))
        .startsWith("HTTP/1.1 413 ");

    registry.recover();
    registry.add(Rule.always(Step.UPLOAD_PATCH).answersEarlyAndResets(Answer.html(413)));
    try (var socket = probe.connect()) {
      socket
          .getOutputStream()
          .write(bytes("PATCH " + path + " HTTP/1.1\r\nContent-Length: 9\r\n\r\n"));
      assertThatThrownBy(() -> socket.getInputStream().readAllBytes())
          .hasMessageContaining("reset");
    }
  }

  @Test
  void theAnswerIsTooLargeForAnybody() throws IOException {
    registry.add(Rule.once(Step.BLOB_GET).answers(Answer.endless(500)));
    try (var socket = probe.connect()) {
      socket.getOutputStream().write(bytes(HEAD));
      assertThat(socket.getInputStream().readNBytes(1_000_000)).hasSize(1_000_000);
    }

    registry.add(Rule.always(Step.PING).answers(Answer.hugeHeader(200, 1_000_000)));
    assertThat(probe.raw("GET /v2/ HTTP/1.1\r\nConnection: close\r\n\r\n"))
        .hasSizeGreaterThan(1_000_000);
  }

  @Test
  void theContentIsNotWhatItSays() throws IOException {
    registry.add(
        Rule.always(Step.BLOB_GET).flipsByte(0),
        Rule.always(Step.BLOB_HEAD).claimsLength(7),
        Rule.always(Step.BLOB_GET, Step.BLOB_HEAD).header("Docker-Content-Digest", "sha256:x"));

    assertThat(probe.get(BLOB).text()).isEqualTo("JERNEL");
    assertThat(probe.get(BLOB).header("Docker-Content-Digest")).isEqualTo("sha256:x");
    assertThat(probe.head(BLOB).header("Content-Length")).isEqualTo("7");
    registry.add(Rule.always(Step.BLOB_HEAD).claimsLength(7));
    registry.recover();
    registry.add(Rule.always(Step.BLOB_HEAD, Step.BLOB_GET).claimsLength(-1));
    assertThat(probe.head(BLOB).header("Content-Length")).isEmpty();
    assertThat(probe.get(BLOB).text()).isEqualTo("KERNEL");
  }

  @Test
  void somebodyElseWritesBetweenAReadAndAWrite() throws IOException {
    var type = MediaTypes.IMAGE_INDEX;
    registry.add(
        Rule.once(Step.MANIFEST_PUT).runs(there -> there.addManifest("i", type, bytes("{ }"))));
    var before = registry.manifest("i");
    probe.put(NAME + "/manifests/i", "{\"manifests\":[]}", "Content-Type: " + type);

    assertThat(before).isEmpty();
    assertThat(registry.manifest("i")).hasValue(bytes("{\"manifests\":[]}"));
    assertThat(registry.manifest(Digest.of(bytes("{ }")).toString())).isPresent();
  }

  @Test
  void requestsAtTheSameTimeAreCounted() throws Exception {
    registry.add(Rule.first(2, Step.BLOB_GET).trickles(Duration.ofMillis(2)));

    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var one = threads.submit(() -> probe.raw(HEAD));
      var two = threads.submit(() -> probe.raw(HEAD));
      assertThat(one.get()).isEqualTo(two.get());
    }

    assertThat(registry.mostAtOnce(registry.host())).isEqualTo(2);
    assertThat(registry.mostAtOnce(registry.storageHost())).isZero();
  }

  @Test
  void theRegistryHasTlsAndSomeOfItsHostsHaveNot() throws IOException {
    var certificate =
        new HeldCertificate.Builder()
            .addSubjectAlternativeName("127.0.0.1")
            .addSubjectAlternativeName("localhost")
            .build();
    var server = new HandshakeCertificates.Builder().heldCertificate(certificate).build();
    var client =
        new HandshakeCertificates.Builder()
            .addTrustedCertificate(certificate.certificate())
            .build();
    try (var secure = FaultRegistry.startTls(server.sslContext(), Quirk.BLOB_REDIRECT);
        var browser = new Probe(secure, client.sslContext())) {
      secure.addBlob(bytes("KERNEL"));
      var redirect = browser.get(BLOB).location();
      assertThat(redirect).startsWith("https://" + secure.storageHost());
      assertThat(browser.get(redirect).text()).isEqualTo("KERNEL");
      assertThat(browser.push("x")).isEqualTo(201);

      secure.add(Quirk.STORAGE_PLAIN, Quirk.UPLOADS_PLAIN);
      assertThat(browser.get(BLOB).location()).startsWith("http://" + secure.plainHost());
      assertThat(browser.open()).startsWith("http://" + secure.plainHost());
      secure.add(Rule.always(Step.PING).losesAnswer());
      assertThatThrownBy(() -> browser.get("/v2/")).isInstanceOf(IOException.class);
    }
  }
}
