package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "'{\"token\":\"t\",\"expires_in\":300}', 295, 240",
    "'{\"access_token\":\"t\",\"expires_in\":300}', 295, 240",
    "'{\"token\":\"t\"}', 55, 30",
    "'{\"token\":\"t\",\"expires_in\":0}', 55, 30",
    "'{\"token\":\"t\",\"expires_in\":\"20\"}', 15, 10",
    "'{\"token\":\"t\",\"expires_in\":999999999}', 86395, 86340"
  })
  void aTokenIsUsedAlmostToItsEndButForTransfersOnlyWhileFresh(
      String answer, long usable, long fresh) {
    var token =
        Token.parse(answer.getBytes(StandardCharsets.UTF_8), Scopes.NONE, NOW).orElseThrow();

    assertThat(token.text()).isEqualTo("t");
    assertThat(token.usableAt(NOW.plusSeconds(usable - 1))).isTrue();
    assertThat(token.usableAt(NOW.plusSeconds(usable))).isFalse();
    assertThat(token.freshAt(NOW.plusSeconds(fresh - 1))).isTrue();
    assertThat(token.freshAt(NOW.plusSeconds(fresh))).isFalse();
  }

  @Test
  void scopesAreMergedInTheOrderInWhichTheyAreNamed() {
    var scopes =
        Scopes.push("a/b")
            .and(Scopes.pull("c"))
            .and(Scopes.parse("repository:a/b:delete,pull  registry:catalog:* nonsense"));

    assertThat(scopes.texts())
        .containsExactly(
            "repository:a/b:delete,pull,push", "repository:c:pull", "registry:catalog:*");
    assertThat(scopes.covers(Scopes.pull("a/b"))).isTrue();
    assertThat(scopes.covers(Scopes.push("c"))).isFalse();
    assertThat(Scopes.pull("a/b").covers(Scopes.NONE)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "'</v2/a?last=1>; rel=\"next\"', http://h/v2/a?last=1",
    "'<?last=1>;rel=next', http://h/v2/r?last=1",
    "'<http://o/x>; title=\"a, b\"; REL=\"prev next\"', http://o/x",
    "'<a>; rel=\"prev\", <b>; rel=\"next\"', http://h/v2/b",
    "'<a>; rel=\"nextish\"', none",
    "'<a>; rel=\"prev\"', none",
    "'<a>', none",
    "'nonsense', none"
  })
  void theNextPageIsWhereTheLinkSays(String header, String next) {
    var found = Link.next(List.of(header), HttpUrl.get("http://h/v2/r"));

    assertThat(found.map(HttpUrl::toString).orElse("none")).isEqualTo(next);
  }
}
