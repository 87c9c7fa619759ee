package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScopesTest {

  @Test
  void scopesOfTheSameRepositoryAreOneAndTheOrderStays() {
    var scopes = Scopes.push("os/b").and(Scopes.pull("os/a")).and(Scopes.pull("os/b"));

    assertThat(scopes.texts()).containsExactly("repository:os/b:pull,push", "repository:os/a:pull");
  }

  @Test
  void joiningLeavesBothAsTheyWere() {
    var pull = Scopes.pull("a");

    assertThat(pull.and(Scopes.push("a")).texts()).containsExactly("repository:a:pull,push");
    assertThat(pull.texts()).containsExactly("repository:a:pull");
    assertThat(Scopes.NONE.texts()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "repository:a:pull|repository:a:pull|true",
        "repository:a:pull,push|repository:a:pull|true",
        "repository:a:pull|repository:a:pull,push|false",
        "repository:a:pull|repository:b:pull|false",
        "repository:a:pull repository:b:pull|repository:b:pull|true",
        "repository:a:pull|''|true",
        "''|repository:a:pull|false",
        "repository(plugin):a:pull|repository:a:pull|false",
        "repository:h:5000/a:pull|repository:h:5000/a:pull|true"
      })
  void oneCoversAnotherThatAsksForNoMore(String one, String other, boolean covers) {
    assertThat(Scopes.parse(one).covers(Scopes.parse(other))).isEqualTo(covers);
  }

  @Test
  void whatIsNoScopeIsPassedOver() {
    assertThat(Scopes.parse("  nothing :pull repository:a:*  registry:catalog:* ").texts())
        .containsExactly("repository:a:*", "registry:catalog:*");
  }
}
