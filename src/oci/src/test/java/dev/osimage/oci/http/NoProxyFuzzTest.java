package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import okhttp3.HttpUrl;

/** The first line is a host, the second a list of exceptions. */
class NoProxyFuzzTest {

  @FuzzTest
  void everyHostIsReachedOneWayOrTheOtherAndAlwaysDirectlyByItsOwnName(byte[] input) {
    var lines = new String(input, StandardCharsets.UTF_8).split("\n", 2);
    var url = HttpUrl.parse("http://" + lines[0].replaceAll("[,/?#@\\\\]", ""));
    if (url == null || lines.length < 2) {
      return;
    }
    var proxies = Proxies.of(Map.of("HTTP_PROXY", "proxy:1", "NO_PROXY", lines[1]));
    var byName =
        Proxies.of(Map.of("HTTP_PROXY", "proxy:1", "NO_PROXY", lines[1] + "," + url.host()));

    assertThat(proxies.selector().select(url.uri())).hasSize(1);
    assertThat(byName.proxyFor("http", url.host(), url.port())).isNull();
    assertThat(Network.isLoopback(url.host()) && !Network.isPrivateLiteral(url.host())).isFalse();
  }
}
