package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.Repository;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DockerConfigTest {

  private static final String SECRET = "hunter2";

  @ParameterizedTest
  @CsvSource({
    "r.example/team/os/debian, image",
    "r.example/team/os/debian/amd64, image",
    "r.example/team/os, team",
    "r.example/team, team",
    "r.example/team/os/debianx, team",
    "r.example/teamwork, host",
    "r.example/other, host",
    "r.example:5000/team, port",
    "r.example:5001/team, nobody",
    "other.example/r.example/team, nobody",
    "xr.example/team, nobody"
  })
  void theLongestPrefixThatEndsAtASlashWins(String repository, String user) {
    var config =
        config(
            """
            {"auths": {
              "r.example": {"username": "host", "password": "p"},
              "r.example/team": {"username": "team", "password": "p"},
              "r.example/team/os/debian": {"username": "image", "password": "p"},
              "r.example:5000": {"username": "port", "password": "p"}}}
            """);

    assertThat(userFor(config, repository)).isEqualTo(user);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "docker.io",
        "index.docker.io",
        "registry-1.docker.io",
        "https://index.docker.io/v1/",
        "https://index.docker.io/v2/",
        "https://docker.io/",
        "docker.io/library"
      })
  void everySpellingOfDockerHubIsDockerHub(String key) {
    var config = config("{\"auths\":{\"%s\":{\"username\":\"hub\"}}}".formatted(key));

    assertThat(userFor(config, "docker.io/library/debian")).isEqualTo("hub");
    assertThat(userFor(config, "index.docker.io/library/debian")).isEqualTo("hub");
    assertThat(userFor(config, "registry-1.docker.io/library/debian")).isEqualTo("hub");
    assertThat(userFor(config, "notdocker.io/library/debian")).isEqualTo("nobody");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "r.example:5000",
        "http://r.example:5000",
        "https://r.example:5000",
        "https://r.example:5000/",
        "https://r.example:5000/v1/",
        "r.example:5000/v2",
        "r.example:5000//"
      })
  void aKeyMayHaveASchemeAnApiVersionAndASlash(String key) {
    var config = config("{\"auths\":{\"%s\":{\"username\":\"me\"}}}".formatted(key));

    assertThat(userFor(config, "r.example:5000/os")).isEqualTo("me");
  }

  @Test
  void authIsUserAndPasswordWhichMayContainColons() {
    var config = config(entry("\"auth\":\"" + base64("robot$os:a:b:ü") + "\""));

    assertThat(config.credentialsFor(Repository.parse("r.example/os")))
        .contains(new Credentials.Login("robot$os", "a:b:ü"));
  }

  @Test
  void authWinsOverUsernameAndPassword() {
    var config =
        config(
            entry(
                "\"username\":\"old\",\"password\":\"old\",\"auth\":\"%s\""
                    .formatted(base64("new:new"))));

    assertThat(config.credentialsFor(Repository.parse("r.example/os")))
        .contains(new Credentials.Login("new", "new"));
  }

  @Test
  void usernameAndPasswordAreEnough() {
    var config = config(entry("\"username\":\"me\",\"password\":\"p\",\"email\":\"e\""));

    assertThat(config.credentialsFor(Repository.parse("r.example/os")))
        .contains(new Credentials.Login("me", "p"));
  }

  @Test
  void nulPaddingOfOldClientsIsNotPartOfThePassword() {
    var config = config(entry("\"auth\":\"" + base64("me:pass\0word\0\0\0") + "\""));

    assertThat(config.credentialsFor(Repository.parse("r.example/os")))
        .contains(new Credentials.Login("me", "pass\0word"));
  }

  @Test
  void authMayBeSurroundedByWhiteSpaceAsSecretsFromFilesAre() {
    var config = config(entry("\"auth\":\" " + base64("me:p") + "\\n\""));

    assertThat(config.credentialsFor(Repository.parse("r.example/os")))
        .contains(new Credentials.Login("me", "p"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"auths\":{}}",
        "{\"auths\":{\"r.example\":{}}}",
        "{\"auths\":{\"r.example\":null}}",
        "{\"auths\":{\"r.example\":{\"auth\":\"\"}}}",
        "{\"auths\":{\"r.example\":{}},\"credsStore\":\"desktop\"}"
      })
  void anEntryWithoutCredentialsMeansNone(String content) {
    assertThat(userFor(config(content), "r.example/os")).isEqualTo("nobody");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hunter2",
        "{\"auths\":{\"r.example\":{\"password\":\"hunter2\"",
        "{\"auths\":{\"r.example\":{\"password\":\"hunter2\" \"x\"}}}",
        "{\"r.example\":{\"password\":\"hunter2\"}}",
        "{\"auths\":\"hunter2\"}",
        "{\"auths\":[\"hunter2\"]}",
        "null",
        "[]"
      })
  void aBrokenConfigIsRefusedWithoutQuotingASecret(String content) {
    assertThatThrownBy(() -> config(content))
        .isInstanceOf(IllegalArgumentException.class)
        .hasNoCause()
        .message()
        .matches("the Docker config (is not JSON|has no object 'auths') \\([^\n]*\\)")
        .doesNotContain(SECRET);
  }

  @ParameterizedTest
  @ValueSource(strings = {"hunter2!", "bWU6aHVudGVyMg==hunter2", "aHVudGVyMg=="})
  void aBrokenEntryIsRefusedWhereItIsNeededAndDoesNoHarmElsewhere(String auth) {
    var config =
        config(
            "{\"auths\":{\"r.example\":{\"auth\":\"%s\"},\"good.example\":{\"username\":\"me\"}}}"
                .formatted(auth));

    assertThat(userFor(config, "good.example/os")).isEqualTo("me");
    assertThat(userFor(config, "other.example/os")).isEqualTo("nobody");
    assertThatThrownBy(() -> userFor(config, "r.example/os"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasNoCause()
        .message()
        .startsWith("'auth' of 'r.example' is not base64")
        .doesNotContain(SECRET, "bWU6", "aHVu");
  }

  @ParameterizedTest
  @CsvSource({
    "'\"identitytoken\":\"t\"', ''",
    "'\"username\":\"me\",\"identitytoken\":\"t\"', me",
    "'\"username\":\"<token>\",\"password\":\"t\"', ''",
    "'\"auth\":\"PHRva2VuPjp0\"', ''",
    "'\"auth\":\"bWU6cA==\",\"identitytoken\":\"t\"', me"
  })
  void anIdentityTokenIsOneHoweverItIsWritten(String fields, String user) {
    assertThat(config(entry(fields)).credentialsFor(Repository.parse("r.example/os")))
        .contains(new Credentials.IdentityToken(user, "t"));
  }

  @Test
  void aRegistryTokenWinsOverEverything() {
    var config =
        config(
            entry(
                "\"username\":\"me\",\"password\":\"p\",\"identitytoken\":\"i\",\"registrytoken\":\"r\""));

    assertThat(config.credentialsFor(Repository.parse("r.example/os")))
        .contains(new Credentials.RegistryToken("r"));
  }

  @Test
  void theTextFormOfCredentialsShowsNeitherNameNorPassword() {
    assertThat(new Credentials.Login("admin", SECRET).toString()).doesNotContain("admin", SECRET);
    assertThat(new Credentials.IdentityToken("admin", SECRET).toString())
        .doesNotContain("admin", SECRET);
    assertThat(new Credentials.RegistryToken(SECRET).toString()).doesNotContain(SECRET);
  }

  private static String entry(String fields) {
    return "{\"auths\":{\"r.example\":{" + fields + "}}}";
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static DockerConfig config(String content) {
    return DockerConfig.parse(content.getBytes(StandardCharsets.UTF_8));
  }

  private static String userFor(DockerConfig config, String repository) {
    return config
        .credentialsFor(Repository.parse(repository))
        .map(found -> ((Credentials.Login) found).username())
        .orElse("nobody");
  }
}
