package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.List;
import java.util.Map;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {

  @Test
  void eachSchemeHasAProxyOfItsOwn() {
    var proxies =
        Proxies.of(Map.of("HTTP_PROXY", "http://plain:3128", "HTTPS_PROXY", "http://tls:3129"));

    assertThat(proxies.proxyFor("http", "r.example", 80)).hasToString("http://plain:3128/");
    assertThat(proxies.proxyFor("https", "r.example", 443)).hasToString("http://tls:3129/");
    assertThat(proxies.selector().select(URI.create("https://r.example/v2/")))
        .containsExactly(
            new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved("tls", 3129)));
  }

  @Test
  void withoutVariablesEverythingIsReachedDirectly() {
    for (var proxies :
        new Proxies[] {
          Proxies.none(), Proxies.of(Map.of()), Proxies.of(Map.of("HTTP_PROXY", " "))
        }) {
      assertThat(proxies.selector().select(URI.create("http://r.example/")))
          .containsExactly(Proxy.NO_PROXY);
    }
  }

  @Test
  void lowerCaseWinsUnlessItIsBlank() {
    assertThat(
            Proxies.of(Map.of("http_proxy", "lower:1", "HTTP_PROXY", "upper:1"))
                .proxyFor("http", "r.example", 80))
        .hasToString("http://lower:1/");
    assertThat(
            Proxies.of(Map.of("http_proxy", "", "HTTP_PROXY", "upper:1"))
                .proxyFor("http", "r.example", 80))
        .hasToString("http://upper:1/");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://user:secret@proxy:443",
        "socks5://user:secret@proxy:1080",
        "http://user:secret@",
        "http://user:secret@proxy:port",
        "user:secret@proxy:99999"
      })
  void whatIsNoProxyIsRefusedByItsNameAndNotItsValue(String value) {
    assertThatThrownBy(() -> Proxies.of(Map.of("https_proxy", value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the variable HTTPS_PROXY is not of the form http://host:port")
        .hasNoCause();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "r.example|r.example",
        "r.example|R.Example",
        "R.EXAMPLE|r.example",
        "r.example|r.example.",
        "r.example.|r.example",
        "r.example.:80|r.example.",
        "r.example|a.b.r.example",
        ".example|r.example",
        "*.example|r.example",
        "r.example:5000|r.example:5000",
        "a.example, r.example|r.example",
        "a.example r.example,|r.example",
        "*|anything.at.all",
        "10.0.0.1|10.0.0.1",
        "10.0.0.0/8|10.255.255.255",
        "10.0.0.0/8:5000|10.1.2.3:5000",
        "0.0.0.0/0|192.0.2.1",
        "::1|[::1]",
        "[::1]|[::1]",
        "[::1]:5000|[::1]:5000",
        "fd00::/8|[fdab::1]",
        "10.0.0.0/8|[::ffff:10.0.0.1]"
      })
  void anExceptionIsReachedDirectly(String noProxy, String host) {
    assertThat(isProxied(noProxy, host)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|r.example",
        "r.example|r.example.org",
        "r.example|other-r.example",
        "r.example:5000|r.example:5001",
        "r.example:5000|r.example",
        "10.0.0.1|10.0.0.10",
        "10.0.0.0/8|11.0.0.1",
        "10.0.0.0/8:5000|10.1.2.3:5001",
        "10.0.0.0/33|10.0.0.1",
        "10.0.0.0/8|10.r.example",
        "0.0.0.0/0|[2001:db8::1]",
        "0.0.0.0/0|r.example",
        "::/0|10.0.0.1",
        "[|r.example",
        "]:80|r.example",
        "/|r.example",
        ":80|r.example",
        "*example|r.example"
      })
  void whateverElseGoesThroughTheProxy(String noProxy, String host) {
    assertThat(isProxied(noProxy, host)).isTrue();
  }

  private static boolean isProxied(String noProxy, String host) {
    var proxies = Proxies.of(Map.of("HTTP_PROXY", "proxy:3128", "NO_PROXY", noProxy));
    var url = HttpUrl.get("http://" + host);
    return !proxies.selector().select(url.uri()).equals(List.of(Proxy.NO_PROXY));
  }
}
