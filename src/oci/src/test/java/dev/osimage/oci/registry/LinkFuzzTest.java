package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import okhttp3.HttpUrl;

class LinkFuzzTest {

  private static final HttpUrl BASE = HttpUrl.get("https://r.example/v2/os/tags/list");

  @FuzzTest
  void theNextPageIsOneOfTheTargetsOfTheHeader(byte[] input) {
    var header = new String(input, StandardCharsets.ISO_8859_1);

    var next = Link.next(List.of(header), BASE);

    if (next.isPresent()) {
      assertThat(header.toLowerCase(Locale.ROOT)).contains("<", ">", ";", "rel", "=", "next");
      assertThat(header.split("<", -1))
          .anySatisfy(part ->
              assertThat(BASE.resolve(part.replaceFirst("(?s)>.*", ""))).isEqualTo(next.get()));
    }
  }
}
