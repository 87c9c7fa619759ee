package dev.osimage.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.osimage.api.OsImageSpec;
import dev.osimage.image.PlannedNetwork;
import dev.osimage.image.Planner;
import dev.osimage.image.Wire;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BuilderNetworkTest {

  private static final BuilderNetwork MIRRORS =
      new BuilderNetwork(
          null,
          Map.of(
              "https://releases.example.org/", List.of("http://one.lan/r/", "http://two.lan/"),
              "https://releases.example.org/old/", List.of("http://attic.lan/"),
              "https://Cased.example.org:443/a/../b/", List.of("HTTP://Cased.lan:80/"),
              "https://none.example.org/", List.of()));

  private static PlannedNetwork planned(BuilderNetwork network, String url) {
    var spec =
        """
        {
          "architecture": "amd64",
          "files": {
            "kernel": {"http": {"url": "%s", "digest": "sha256:%s"}},
            "initramfs": {"inline": "x"}
          },
          "destination": {"repository": "registry.example.com/os/debian"}
        }
        """
            .formatted(url, "1".repeat(64));
    return network.of(
        Planner.plan(
            Wire.read(spec.getBytes(StandardCharsets.UTF_8), OsImageSpec.class),
            Duration.ofHours(1)));
  }

  @ParameterizedTest
  @CsvSource({
    "https://releases.example.org/k, http://one.lan/r/k http://two.lan/k",
    "https://releases.example.org:443/a/b/k, http://one.lan/r/a/b/k http://two.lan/a/b/k",
    "https://RELEASES.example.org/a%20b/%C3%A4, http://one.lan/r/a%20b/%C3%A4 http://two.lan/a%20b/%C3%A4",
    "https://releases.example.org/k?token=hush, http://one.lan/r/k http://two.lan/k",
    "https://releases.example.org/old/k, http://attic.lan/k",
    "https://releases.example.org/new/../old/k, http://attic.lan/k",
    "https://releases.example.org/old, http://one.lan/r/old http://two.lan/old",
    "https://cased.example.org/b/k, http://cased.lan/k"
  })
  void aUrlBelowAPrefixIsLookedForBelowTheMirrorsOfTheLongestOne(String url, String mirrors) {
    assertThat(planned(MIRRORS, url).mirrors())
        .containsExactly(Map.entry(url, List.of(mirrors.split(" ", -1))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://releases.example.org/k",
        "https://releases.example.org:8443/k",
        "https://releases.example.org.evil.example/k",
        "https://none.example.org/k",
        "https://other.example.org/https://releases.example.org/k"
      })
  void everythingElseHasNoMirrors(String url) {
    assertThat(planned(MIRRORS, url)).isEqualTo(PlannedNetwork.PLAIN);
  }

  @Test
  void theAuthoritiesAreInThePlanAsTheyWereWritten() {
    var pem = "# ours\n" + authority();

    assertThat(planned(new BuilderNetwork(pem, Map.of()), "https://h.example/k").caBundle())
        .isEqualTo(pem);
    assertThat(planned(new BuilderNetwork(" \n", Map.of()), "https://h.example/k").caBundle())
        .isNull();
  }

  @Test
  void aBundleThatIsTooLongIsRefused() {
    var longest = authority() + "\n".repeat(BuilderNetwork.MAX_CA_BUNDLE_BYTES);
    var fits = longest.substring(0, BuilderNetwork.MAX_CA_BUNDLE_BYTES);

    assertThat(new BuilderNetwork(fits, Map.of()).caBundle()).isEqualTo(fits);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BuilderNetwork(fits + "\n", Map.of()))
        .withMessage("builder.caBundle has 98305 bytes, and 98304 are allowed");
  }

  @Test
  void onePrefixWrittenInTwoWaysIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new BuilderNetwork(
                null, Map.of("https://a.example/", List.of(), "https://A.example:443/", List.of())))
        .withMessageMatching("builder.mirrors has 'https://[aA].example.*/' twice");
  }

  private static String authority() {
    return new HeldCertificate.Builder().certificateAuthority(0).build().certificatePem();
  }
}
