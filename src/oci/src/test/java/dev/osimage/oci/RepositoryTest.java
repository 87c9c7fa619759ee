package dev.osimage.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.http.HttpSettings;
import dev.osimage.oci.http.HttpTransport;
import dev.osimage.oci.registry.RegistryClient;
import dev.osimage.oci.registry.RegistrySettings;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RepositoryTest {

  @ParameterizedTest
  @CsvSource({
    "registry.example.com/os/debian, registry.example.com, os/debian",
    "localhost:5000/debian, localhost:5000, debian",
    "localhost/a, localhost, a",
    "10.0.0.1:443/a/b/c/d, 10.0.0.1:443, a/b/c/d",
    "[::1]:5000/os, [::1]:5000, os",
    "[2001:db8::1]/os, [2001:db8::1], os",
    "[::ffff:10.0.0.1]/os, [::ffff:10.0.0.1], os",
    "Registry.Example.com/os, Registry.Example.com, os",
    "r.example/a.b_c__d---e/0, r.example, a.b_c__d---e/0"
  })
  void aRepositoryIsAHostAndAPath(String text, String host, String path) {
    var repository = Repository.parse(text);

    assertThat(repository).isEqualTo(new Repository(host, path)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "debian",
        "/debian",
        "registry.example.com",
        "registry.example.com/",
        "registry.example.com/os/",
        "registry.example.com//os",
        "registry.example.com/OS",
        "registry.example.com/os/Debian",
        "registry.example.com/os:latest",
        "registry.example.com/os@sha256:00",
        "registry.example.com/os?x=y",
        "registry.example.com/os#x",
        "registry.example.com/../v2",
        "registry.example.com/a..b",
        "registry.example.com/a___b",
        "registry.example.com/-a",
        "registry.example.com/a_",
        "registry.example.com/a b",
        "registry.example.com/os\n",
        "registry.example.com/ö",
        "registry.example.com:/os",
        "registry.example.com:port/os",
        "registry.example.com:123456/os",
        "-registry.example.com/os",
        "registry.example.com./os",
        "user@registry.example.com/os",
        "https://registry.example.com/os",
        "::1/os",
        "[::1/os",
        "[gg::1]/os"
      })
  void anythingElseIsRefusedWithASentence(String text) {
    assertThatThrownBy(() -> Repository.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(
            "(?s)'.*' is not (of the form host/path|a registry host|a repository path)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "registry.example.com:0/os",
        "registry.example.com:65536/os",
        "registry.example.com:99999/os",
        "registry..example.com/os",
        "[:::]/os",
        "[1:2:3]/os"
      })
  void aRepositoryThatNoClientCanReachIsRefusedWhereItIsWritten(String text) {
    assertThatThrownBy(() -> Repository.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is not a registry host");
  }

  @ParameterizedTest
  @ValueSource(strings = {"r.example/a", "[::1]:5000/a/b", "LOCALHOST:65535/a", "10.0.0.1:1/a"})
  void everyRepositoryThatParsesCanHaveAClient(String text) {
    try (var http = new HttpTransport(HttpSettings.of(Map.of()))) {
      var repository = Repository.parse(text);
      assertThatCode(() -> new RegistryClient(http, repository, RegistrySettings.ANONYMOUS))
          .doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {256, 100_000})
  void moreThan255CharactersAreRefusedAsAdmissionRefusesThem(int length) {
    var text =
        "r.example" + "/a".repeat(length).substring(0, length - "r.example".length() - 1) + "a";

    assertThatThrownBy(() -> Repository.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void referencesAndUrlsNameTheDigest() {
    var digest = Digest.of(new byte[0]);
    var repository = Repository.parse("[::1]:5000/os/debian");

    assertThat(repository.at(digest)).isEqualTo("[::1]:5000/os/debian@sha256:" + digest.hex());
    assertThat(repository.blobUrl(digest, false))
        .isEqualTo("https://[::1]:5000/v2/os/debian/blobs/sha256:" + digest.hex());
    assertThat(repository.blobUrl(digest, true)).startsWith("http://[::1]:5000/v2/");
  }
}
