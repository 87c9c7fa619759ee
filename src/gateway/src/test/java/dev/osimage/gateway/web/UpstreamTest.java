package dev.osimage.gateway.web;

import static dev.osimage.gateway.web.TestGateway.INITRAMFS;
import static dev.osimage.gateway.web.TestGateway.KERNEL;
import static dev.osimage.gateway.web.TestGateway.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.gateway.SmallDisk;
import dev.osimage.oci.faults.Answer;
import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Rule;
import dev.osimage.oci.faults.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What machines see while the registry has its troubles. */
@Timeout(120)
class UpstreamTest extends WithGateway {

  @Test
  void manyAtOnceAreOneFetchAndAllHaveTheRightBytes() throws Exception {
    var waiting = new ArrayList<Future<byte[]>>();
    for (int i = 0; i < 200; i++) {
      waiting.add(gateway.executor.submit(() -> body(gateway.get(ROOT + "kernel"))));
    }

    for (var machine : waiting) {
      assertThat(machine.get()).isEqualTo(KERNEL);
    }
    assertThat(gateway.registry.count(Step.BLOB_GET)).isEqualTo(1);
  }

  @Test
  void onceItIsThereTheRegistryMayBeGone() throws Exception {
    body(gateway.get(ROOT + "kernel"));
    gateway.registry.close();

    assertThat(body(gateway.get(ROOT + "kernel"))).isEqualTo(KERNEL);
    var other = gateway.get(ROOT + "initramfs");
    assertThat(other.code()).isEqualTo(503);
    assertThat(other.header("OsImage-Reason")).isEqualTo("RegistryUnavailable");
  }

  @Test
  void ofWrongBytesNobodyGetsTheEnd() throws Exception {
    gateway.registry.add(Rule.always(Step.BLOB_GET).flipsByte(1_499_999));

    assertThatThrownBy(() -> body(gateway.get(ROOT + "kernel"))).isInstanceOf(IOException.class);
    gateway.registry.recover();
    var small = gateway.get(ROOT + "initramfs", "Range", "bytes=0-0");
    assertThat(body(small)).containsExactly(INITRAMFS[0]);
  }

  @Test
  void aRangeOfWrongBytesIsAnError() throws Exception {
    gateway.registry.add(Rule.always(Step.BLOB_GET).flipsByte(1_499_999));

    var response = gateway.get(ROOT + "kernel", "Range", "bytes=0-9");
    assertThat(response.code()).isEqualTo(502);
    assertThat(response.header("OsImage-Reason")).isEqualTo("ArtifactLost");
    assertThat(response.header("ETag")).isNull();
  }

  @Test
  void aCutConnectionToTheRegistryIsTakenUpAgain() throws Exception {
    gateway.registry.add(Rule.once(Step.BLOB_GET).cutsAnswer(700_000));

    assertThat(body(gateway.get(ROOT + "kernel"))).isEqualTo(KERNEL);
    assertThat(gateway.registry.count(Step.BLOB_GET)).isEqualTo(2);
  }

  @Test
  void aTokenThatExpiresInTheMiddleOfAFetchIsReplacedAndItGoesOnWhereItWas() throws Exception {
    gateway.registry.add(
        Quirk.BEARER,
        Quirk.ANONYMOUS_PULL,
        // The first request has no token yet.
        Rule.once(Step.BLOB_GET).after(1).cutsAnswer(700_000),
        Rule.once(Step.BLOB_GET).after(2).expiresTokens());

    assertThat(body(gateway.get(ROOT + "kernel"))).isEqualTo(KERNEL);
    assertThat(gateway.registry.requests(Step.BLOB_GET, Step.TOKEN))
        .extracting(request -> request.step() + " " + request.header("Range"))
        .containsExactly(
            "BLOB_GET null",
            "TOKEN null",
            "BLOB_GET null",
            "BLOB_GET bytes=700000-",
            "TOKEN null",
            "BLOB_GET bytes=700000-");
  }

  @Test
  void whatTheRegistryHasLostIsServedAsLongAsItIsInTheCache() throws Exception {
    gateway.close();
    gateway = TestGateway.withCacheOf(folder, KERNEL.length + 1000);
    body(gateway.get(ROOT + "kernel"));
    gateway.registry.add(
        Rule.always(Step.BLOB_GET).after(1).answers(Answer.error(404, "BLOB_UNKNOWN", "gone")));

    assertThat(body(gateway.get(ROOT + "kernel"))).isEqualTo(KERNEL);
    assertThat(body(gateway.get(ROOT + "initramfs"))).as("it goes for that").isEqualTo(INITRAMFS);
    var lost = gateway.get(ROOT + "kernel");
    assertThat(lost.code()).isEqualTo(502);
    assertThat(lost.header("OsImage-Reason")).isEqualTo("ArtifactLost");
    assertThat(new String(body(lost), StandardCharsets.UTF_8)).contains("404");
    assertThat(body(gateway.get(ROOT + "initramfs")))
        .as("nothing goes for it")
        .isEqualTo(INITRAMFS);
  }

  @ParameterizedTest
  @CsvSource({
    "404, 502, ArtifactLost",
    "403, 502, CredentialsRefused",
    "503, 503, RegistryUnavailable"
  })
  void whatTheRegistrySaysIsPassedOnAsAnErrorWithAReason(int upstream, int status, String reason)
      throws Exception {
    gateway.registry.add(Rule.always(Step.BLOB_GET).answers(Answer.of(upstream)));

    var response = gateway.get(ROOT + "kernel");
    assertThat(response.code()).isEqualTo(status);
    assertThat(response.header("OsImage-Reason")).isEqualTo(reason);
  }

  @Test
  void aRegistryThatNeverAnswersIsAnErrorInTheEnd() throws Exception {
    gateway.registry.add(Rule.always(Step.BLOB_GET).hangs());

    assertThat(gateway.get(ROOT + "kernel").code()).isEqualTo(503);
  }

  @Test
  void credentialsAreReadWhenARegistryAsksAndMayChange() throws Exception {
    gateway.registry.add(Quirk.BEARER);
    var without = gateway.get(ROOT + "kernel");
    assertThat(without.code()).isEqualTo(502);
    assertThat(without.header("OsImage-Reason")).isEqualTo("CredentialsRefused");
    assertThat(new String(body(without), StandardCharsets.UTF_8))
        .endsWith(": give the gateway credentials for " + gateway.registry.host() + "\n");

    var login = FaultRegistry.USER + ":" + FaultRegistry.PASSWORD;
    Files.writeString(
        gateway.dockerConfig,
        "{\"auths\": {\"%s\": {\"auth\": \"%s\"}}}"
            .formatted(
                gateway.registry.host(),
                Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8))));
    assertThat(body(gateway.get(ROOT + "initramfs"))).isEqualTo(INITRAMFS);
  }

  @Test
  void blobsThatAreRedirectedElsewhereAreFollowedByTheGateway() throws Exception {
    gateway.registry.add(Quirk.BLOB_REDIRECT, Quirk.BEARER, Quirk.ANONYMOUS_PULL);

    assertThat(body(gateway.get(ROOT + "kernel"))).isEqualTo(KERNEL);
  }

  @Test
  void whatDoesNotFitIntoTheCacheIsSaid() throws Exception {
    gateway.close();
    gateway = TestGateway.withCacheOf(folder, 1000);

    var response = gateway.get(ROOT + "kernel");
    assertThat(response.code()).isEqualTo(503);
    assertThat(response.body().string()).contains("has to be made larger");
  }

  @Test
  void aDiskThatBecomesFullIsSaidAndWhatIsThereIsServed(@TempDir Path mount) throws Exception {
    try (var disk = SmallDisk.mount(mount, 4)) {
      gateway.close();
      gateway = TestGateway.start(disk.folder());
      body(gateway.get(ROOT + "initramfs"));
      gateway.registry.add(
          Rule.once(Step.BLOB_GET).cutsAnswer(700_000),
          Rule.once(Step.BLOB_GET).after(1).runs(registry -> disk.fill(0)));

      var full = gateway.get(ROOT + "kernel", "Range", "bytes=0-9");
      assertThat(full.code()).isEqualTo(503);
      assertThat(full.header("OsImage-Reason")).as("not the registry's fault").isNull();
      assertThat(full.header("Retry-After")).isNotNull();
      assertThat(full.body().string()).startsWith("the disk of the gateway's cache is full");
      assertThat(body(gateway.get(ROOT + "initramfs"))).isEqualTo(INITRAMFS);

      disk.free();
      Awaitility.await("it is fetched again")
          .atMost(Duration.ofSeconds(20))
          .until(() -> Arrays.equals(body(gateway.get(ROOT + "kernel")), KERNEL));
      gateway.close();
    }
  }
}
