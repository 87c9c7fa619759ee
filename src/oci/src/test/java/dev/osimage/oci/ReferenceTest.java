package dev.osimage.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceTest {

  private static final Digest DIGEST = Digest.of(new byte[0]);

  @ParameterizedTest
  @CsvSource({
    "r.example/os:1, r.example/os, 1",
    "r.example:5000/os:v1.2_3-x, r.example:5000/os, v1.2_3-x",
    "[::1]:5000/os/debian:latest, [::1]:5000/os/debian, latest",
    "localhost/a:_, localhost/a, _"
  })
  void aTagStandsAfterTheLastColon(String text, String repository, String tag) {
    var reference = Reference.parse(text);

    assertThat(reference).isEqualTo(new Reference(Repository.parse(repository), tag, null));
    assertThat(reference).hasToString(text);
    assertThat(reference.target()).isEqualTo(tag);
  }

  @ParameterizedTest
  @CsvSource({"r.example/os,", "r.example:5000/os,", "r.example:5000/os:1, 1"})
  void aDigestDecidesWhereThereAreBoth(String name, @Nullable String tag) {
    var reference = Reference.parse(name + "@" + DIGEST);

    assertThat(reference.tag()).isEqualTo(tag);
    assertThat(reference.digest()).isEqualTo(DIGEST);
    assertThat(reference.target()).isEqualTo(DIGEST.toString());
    assertThat(reference).hasToString(name + "@" + DIGEST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "debian",
        "debian:12",
        "r.example/os",
        "r.example:5000/os",
        "r.example/os:",
        "r.example/os:-a",
        "r.example/os:.a",
        "r.example/os:a b",
        "r.example/os:a\n",
        "r.example/os:a:b",
        "r.example/OS:a",
        "r.example/os@",
        "r.example/os@sha256:00",
        "r.example/os@sha512:00",
        "r.example/os:@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
      })
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> Reference.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aTagHasAtMost128Characters() {
    assertThat(Reference.isTag("a".repeat(128))).isTrue();
    assertThat(Reference.isTag("a".repeat(129))).isFalse();
    assertThat(Reference.isTag("")).isFalse();
  }

  @Test
  void aReferenceOfNothingIsRefusedWithASentence() {
    assertThatThrownBy(() -> Reference.parse("r.example/os"))
        .hasMessage("'r.example/os' needs a tag or a digest");
  }
}
