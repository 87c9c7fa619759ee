package dev.osimage.gateway.web;

import static dev.osimage.gateway.web.TestGateway.INITRAMFS;
import static dev.osimage.gateway.web.TestGateway.KERNEL;
import static dev.osimage.gateway.web.TestGateway.OLDER;
import static dev.osimage.gateway.web.TestGateway.ROOT;
import static dev.osimage.gateway.web.TestGateway.UKI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.osimage.oci.Digest;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What machines see, over real connections. */
@Timeout(120)
class WebServerTest extends WithGateway {

  @Test
  void aPartIsServedWithItsDigestAsTag() throws Exception {
    var response = gateway.get(ROOT + "kernel");

    assertThat(response.code()).isEqualTo(200);
    assertThat(response.header("ETag")).isEqualTo("\"" + Digest.of(KERNEL) + "\"");
    assertThat(response.header("Accept-Ranges")).isEqualTo("bytes");
    assertThat(response.header("Content-Type")).isEqualTo("application/octet-stream");
    assertThat(response.header("Content-Length")).isEqualTo("1500000");
    assertThat(body(response)).isEqualTo(KERNEL);
  }

  @Test
  void headSaysTheSameAndTheRegistryHearsNothingOfIt() throws Exception {
    var response = gateway.send("HEAD", ROOT + "kernel");

    assertThat(response.code()).isEqualTo(200);
    assertThat(response.header("Content-Length")).isEqualTo("1500000");
    assertThat(response.header("ETag")).isEqualTo("\"" + Digest.of(KERNEL) + "\"");
    assertThat(gateway.registry.requests()).isEmpty();
  }

  @Test
  void aRangeIsNothingToHead() throws Exception {
    var response = gateway.send("HEAD", ROOT + "kernel", "Range", "bytes=9-");

    assertThat(response.code()).isEqualTo(200);
    assertThat(response.header("Content-Length")).isEqualTo("1500000");
  }

  @Test
  void aRequestMayNameTheWholeUrl() throws Exception {
    assertThat(
            gateway.raw(
                "HEAD http://boot.lan"
                    + ROOT
                    + "kernel HTTP/1.1\r\nHost: boot.lan\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @Test
  void aRequestHasNoContent() throws Exception {
    var answer =
        gateway.raw(
            "GET " + ROOT + "kernel HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");

    assertThat(answer).doesNotContain(" 200 ");
  }

  @Test
  void anEfiFileHasTheTypeThatFirmwareWants() throws Exception {
    assertThat(gateway.get(ROOT + "uki.efi").header("Content-Type")).isEqualTo("application/efi");
  }

  @Test
  void whoHasItAlreadyIsToldSo() throws Exception {
    var tag = "\"" + Digest.of(KERNEL) + "\"";

    assertThat(gateway.get(ROOT + "kernel", "If-None-Match", "\"x\", " + tag).code())
        .isEqualTo(304);
    assertThat(gateway.get(ROOT + "kernel", "If-None-Match", "\"x\"").code()).isEqualTo(200);
  }

  @Test
  void aRangeIsServedAsOne() throws Exception {
    var response = gateway.get(ROOT + "kernel", "Range", "bytes=1000-1999");

    assertThat(response.code()).isEqualTo(206);
    assertThat(response.header("Content-Range")).isEqualTo("bytes 1000-1999/1500000");
    assertThat(body(response)).isEqualTo(Arrays.copyOfRange(KERNEL, 1000, 2000));
    var beyond = gateway.get(ROOT + "kernel", "Range", "bytes=1500000-");
    assertThat(beyond.code()).isEqualTo(416);
    assertThat(beyond.header("Content-Range")).isEqualTo("bytes */1500000");
  }

  @Test
  void anEarlierArtifactIsStillThere() throws Exception {
    var response = gateway.get("/v1/osimages/team/debian/" + OLDER.replace(':', '-') + "/kernel");

    assertThat(body(response)).isEqualTo(INITRAMFS);
  }

  @Test
  void aScriptForIpxeHasPinnedUrlsAndTheCommandLine() throws Exception {
    assertThat(gateway.get(ROOT + "boot.ipxe?append=console=ttyS0,115200").body().string())
        .isEqualTo(
            """
            #!ipxe
            kernel --name kernel http://boot.example.com:8080%1$skernel initrd=initramfs ro root=live: x='y z' console=ttyS0,115200
            initrd --name initramfs http://boot.example.com:8080%1$sinitramfs
            boot
            """
                .formatted(ROOT));
  }

  @Test
  void aScriptForGrubQuotesWhatItHasTo() throws Exception {
    assertThat(gateway.get(ROOT + "boot.grub").body().string())
        .isEqualTo(
            """
            linux (http,boot.example.com:8080)%1$skernel ro root=live: 'x='\\''y' 'z'\\'''
            initrd (http,boot.example.com:8080)%1$sinitramfs
            boot
            """
                .formatted(ROOT));
  }

  @ParameterizedTest
  @ValueSource(strings = {"quiet", "console=a;b", "console=$x", "console=a%0Aboot", "x=1"})
  void onlyWhatTheAdministratorAllowsIsAppended(String append) throws Exception {
    assertThat(gateway.get(ROOT + "boot.ipxe?append=" + append).code()).isEqualTo(400);
  }

  @Test
  void theLatestScriptLeadsToTheNewestArtifact() throws Exception {
    var response = gateway.get("/v1/osimages/team/debian/latest/boot.ipxe?append=console=tty0");

    assertThat(response.code()).isEqualTo(302);
    assertThat(response.header("Location")).isEqualTo(ROOT + "boot.ipxe?append=console=tty0");
  }

  /** As boot-operator writes them: since March 2026, with a digest or a tag; and in v0.2.0. */
  @ParameterizedTest
  @CsvSource({
    "%2F, %3A, imageName=@name@&layerDigest=@digest@&version=sha256%3A@1@",
    "%2F, %3A, imageName=@name@&layerDigest=@digest@&version=bookworm-amd64",
    "/, :, imageName=@name@&version=bookworm-amd64&layerDigest=@digest@"
  })
  void theUrlsOfBootOperatorsProxyLeadToTheSameParts(String slash, String colon, String query)
      throws Exception {
    var repository = gateway.registry.repository().toString();
    var digest = Digest.of(INITRAMFS).toString();

    var part =
        gateway.get(
            "/image?"
                + query
                    .replace("@name@", repository.replace("/", slash).replace(":", colon))
                    .replace("@digest@", digest.replace(":", colon))
                    .replace("@1@", "1".repeat(64)));

    assertThat(part.code()).isEqualTo(200);
    assertThat(part.header("ETag")).isEqualTo("\"" + digest + "\"");
    assertThat(body(part)).isEqualTo(INITRAMFS);
  }

  @Test
  void theUrlOfAUkiAsBootOperatorWritesItLeadsThere() throws Exception {
    var uki =
        gateway.get(
            "/httpboot/%s/%s.efi"
                .formatted(
                    gateway.registry.repository(), Digest.of(UKI).toString().replace(':', '-')));

    assertThat(uki.header("Content-Type")).isEqualTo("application/efi");
    assertThat(body(uki)).isEqualTo(UKI);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/v1/osimages/other/debian/sha256-@1@/kernel",
        "/v1/osimages/team/fedora/sha256-@1@/kernel",
        "/v1/osimages/team/debian/sha256-@3@/kernel",
        "/v1/osimages/team/debian/sha256-@1@/squashfs",
        "/v1/osimages/team/debian/sha256-@1@/kernel/",
        "/v1/osimages/team/debian/sha256-@1@/",
        "/v1/osimages/team/x/../debian/sha256-@1@/kernel",
        "/v1/osimages/team%2Fdebian/sha256-@1@/kernel",
        "//v1/osimages/team/debian/sha256-@1@/kernel",
        "/v1/osimages/team/debian/sha256-@1@/../../../../../etc/passwd",
        "/v1/osimages/team/debian/sha256-@1@/kernel%00",
        "/v1/osimages/team/nothing/latest/boot.ipxe",
        "/image",
        "/image?imageName=x&layerDigest=sha256:@1@",
        "/image?imageName=example.com/other&layerDigest=@kernel@",
        "/httpboot/example.com/other/@kernel@.efi",
        "/catalog.json",
        "/metrics",
        "/healthz",
      })
  void nothingElseIsServed(String path) throws Exception {
    var answer =
        gateway.raw(
            "GET "
                + path.replace("@1@", "1".repeat(64))
                    .replace("@3@", "3".repeat(64))
                    .replace("@kernel@", Digest.of(KERNEL).toString().replace(':', '-'))
                + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 404 ");
    assertThat(gateway.registry.requests()).isEmpty();
  }

  @Test
  void onlyReadingIsKnown() throws Exception {
    assertThat(
            gateway.raw(
                "DELETE " + ROOT + "kernel HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 405 ")
        .contains("Allow: GET, HEAD");
  }

  @Test
  void clientsOfHttpOneZeroAreServed() throws Exception {
    var answer = gateway.raw("GET " + ROOT + "initramfs HTTP/1.0\r\n\r\n");

    assertThat(answer).contains(" 200 OK\r\n").contains("Content-Length: 100000\r\n");
    assertThat(
            answer.substring(answer.indexOf("\r\n\r\n") + 4).getBytes(StandardCharsets.ISO_8859_1))
        .isEqualTo(INITRAMFS);
  }

  @Test
  void hugeHeadersAreRefused() throws Exception {
    var answer =
        gateway.raw(
            "GET " + ROOT + "kernel HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(40_000) + "\r\n\r\n");

    assertThat(answer).doesNotContain(" 200 ");
  }

  @Test
  void whoSendsARequestTooSlowlyIsCutOff() throws Exception {
    assertThat(gateway.raw("GET " + ROOT)).isEmpty();
  }

  @Test
  void whoAsksTooOftenIsToldToWait() throws Exception {
    gateway.close();
    gateway = TestGateway.withRequestsPerSecond(folder, 1);

    assertThat(gateway.get(ROOT + "initramfs").code()).isEqualTo(200);
    assertThat(gateway.get(ROOT + "initramfs").code()).isEqualTo(200);
    var third = gateway.get(ROOT + "initramfs");
    assertThat(third.code()).isEqualTo(429);
    assertThat(third.header("Retry-After")).isNotNull();
  }

  @Test
  void aMachineThatReadsNothingHoldsNobodyBackAndIsCutOffInTheEnd() throws Exception {
    try (var lazy = gateway.connect()) {
      lazy.setReceiveBufferSize(4096);
      lazy.getOutputStream()
          .write(
              ("GET " + ROOT + "rootfs HTTP/1.1\r\nHost: x\r\n\r\n")
                  .getBytes(StandardCharsets.ISO_8859_1));
      for (int i = 0; i < 20; i++) {
        assertThat(body(gateway.get(ROOT + "initramfs"))).isEqualTo(INITRAMFS);
      }
      assertThat(gateway.scrape()).contains("osimage_gateway_active_requests 1.0");
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> gateway.scrape().contains("osimage_gateway_active_requests 0.0"));
    }
  }

  @Test
  void beyondTheLimitOfConnectionsAMachineWaitsUntilIdleOnesAreCutOff() throws Exception {
    gateway.close();
    gateway = TestGateway.withConnections(folder, 20);
    var idle = new ArrayList<Socket>();
    try {
      for (int i = 0; i < 20; i++) {
        idle.add(gateway.connect());
      }

      assertThat(body(gateway.get(ROOT + "initramfs"))).isEqualTo(INITRAMFS);
      assertThat(idle).as("it had to wait").anyMatch(WebServerTest::isCutOff);
    } finally {
      for (var socket : idle) {
        socket.close();
      }
    }
  }

  private static boolean isCutOff(Socket socket) {
    try {
      socket.setSoTimeout(1);
      return socket.getInputStream().read() < 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void theEndpointsOfTheProcessAreThere() throws Exception {
    assertThat(gateway.health("/healthz").code()).isEqualTo(200);
    assertThat(gateway.health("/readyz").code()).isEqualTo(200);
    body(gateway.get(ROOT + "initramfs"));
    assertThat(gateway.health("/metrics").body().string())
        .contains("osimage_gateway_requests_total{code=\"200\"} 1.0")
        .contains("osimage_gateway_fetches_total 1.0")
        .contains("osimage_gateway_cache_bytes 100000.0");
  }
}
