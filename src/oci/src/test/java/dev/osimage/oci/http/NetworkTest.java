package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.0.0.0, true",
    "10.0.0.0/8, 10.255.255.255, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.20.0.0/15, 10.21.0.1, true",
    "10.20.0.0/15, 10.22.0.1, false",
    "192.0.2.77/25, 192.0.2.1, true",
    "192.0.2.77/25, 192.0.2.128, false",
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "0.0.0.0/0, 203.0.113.9, true",
    "2001:db8::/33, 2001:db8:7fff::1, true",
    "2001:db8::/33, 2001:db8:8000::1, false",
    "2001:db8::1/128, [2001:db8::1], true",
    "::/0, 10.0.0.1, false",
    "10.0.0.0/8, r.example, false"
  })
  void aNetworkHoldsTheAddressesThatBeginLikeIt(String network, String host, boolean held) {
    assertThat(Objects.requireNonNull(Network.parse(network)).contains(host)).isEqualTo(held);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[",
        "]",
        "[]",
        "/",
        "/8",
        "r.example",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "10.0.0.256",
        "::1/129",
        "1:2:3",
        "::1%lo",
        "10.0.0.0/٨"
      })
  void anythingElseIsNoNetwork(String text) {
    assertThat(Network.parse(text)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "localhost.",
        "registry.localhost",
        "127.0.0.1",
        "127.255.255.255",
        "2130706433",
        "127.1",
        "::1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "::ffff:7f00:1",
        "0.0.0.0",
        "::",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "fc00::1",
        "100.64.0.1",
        "100.100.100.200",
        "224.0.0.1",
        "ff02::1"
      })
  void addressesThatMeanSomethingOnlyNearbyArePrivate(String host) {
    assertThat(Network.isPrivateLiteral(host)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "r.example",
        "localhost.example",
        "mylocalhost",
        "203.0.113.9",
        "172.15.0.1",
        "172.32.0.1",
        "100.63.0.1",
        "100.128.0.1",
        "2001:db8::1",
        "fe00::1",
        "10.r.example"
      })
  void namesAndOtherAddressesAreNot(String host) {
    assertThat(Network.isPrivateLiteral(host)).isFalse();
  }
}
