package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;

import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OriginsTest {

  @ParameterizedTest
  @CsvSource({
    "https://r.example/a, https://r.example/b?c, true",
    "https://r.example, https://R.Example:443, true",
    "https://r.example, http://r.example, false",
    "https://r.example, https://r.example:444, false",
    "https://r.example, https://a.r.example, false"
  })
  void schemeHostAndPortMakeAnOrigin(String a, String b, boolean same) {
    assertThat(Origins.same(HttpUrl.get(a), HttpUrl.get(b))).isEqualTo(same);
  }

  @ParameterizedTest
  @CsvSource({
    "https://r.example, https://storage.example,",
    "http://r.example, https://r.example,",
    "http://r.example, http://storage.example,",
    "https://r.example, http://r.example, leaves TLS",
    "https://r.example, https://169.254.169.254/latest, leads to the private address 169.254.169.254",
    "https://r.example, https://[::1]/, leads to the private address ::1",
    "https://r.example, https://localhost./, leads to the private address localhost.",
    "https://10.0.0.1, https://10.0.0.2, leads to the private address 10.0.0.2",
    "https://10.0.0.1, https://10.0.0.1:9000,",
    "http://localhost:5000, http://127.0.0.1:9000,",
    "http://127.0.0.1:5000, http://registry.localhost:9000,",
    "http://127.0.0.1:5000, http://10.0.0.1, leads to the private address 10.0.0.1"
  })
  void aServerMaySendOnlyToWhereItDoesNoHarm(
      String first, String target, @Nullable String refusal) {
    assertThat(Origins.refusal(HttpUrl.get(first), HttpUrl.get(target))).isEqualTo(refusal);
  }

  @Test
  void aUrlInAMessageHasNothingThatMayBeACredential() {
    assertThat(Origins.withoutSecrets(HttpUrl.get("https://user:secret@r.example/a?X-Sig=s#token")))
        .isEqualTo("https://r.example/a");
  }
}
