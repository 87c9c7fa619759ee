package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinkTest {

  private static final HttpUrl BASE = HttpUrl.get("https://r.example/v2/os/tags/list?n=2");
  private static final String NEXT = "https://r.example/v2/os/tags/list?last=b&n=2";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "</v2/os/tags/list?last=b&n=2>; rel=\"next\"",
        "</v2/os/tags/list?last=b&n=2>;rel=next",
        "<?last=b&n=2>; rel=next",
        "<https://r.example/v2/os/tags/list?last=b&n=2> ; title=\"a; b, <c>\" ; REL = \"NEXT\"",
        "</first>; rel=\"first\", <?last=b&n=2>; rel=\"prefetch next\"; type=\"x\"",
        "</a>, </b>; x, <?last=b&n=2>; x; rel=next",
        "garbage <?last=b&n=2>; rel=\"next\", </c>; rel=next"
      })
  void theNextPageIsWhereTheLinkSays(String header) {
    assertThat(Link.next(List.of("</p>; rel=prev", header), BASE)).hasValue(HttpUrl.get(NEXT));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "</a>",
        "</a>; rel=\"prev\"",
        "</a>; rel=\"nextish\"",
        "</a>; rel=nextish",
        "</a>; rel=\"x-next\"",
        "</a>; xrel=next",
        "</a>; title=\"; rel=next;\"; rel=prev",
        "</a>; title=\"<b>; rel=next;\"",
        "</a; rel=next",
        "/a; rel=next",
        "<ftp://r.example/>; rel=next"
      })
  void withoutOneThereIsNoNextPage(String header) {
    assertThat(Link.next(List.of(header), BASE)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {";a", ";a=b", "; a=\"b\"", " ;", "<", ";rel=", "\"", "<>;rel=prev,"})
  void aLongHeaderOfWhateverIsReadInNoTime(String piece) {
    var header = "</a>" + piece.repeat(16_000 / piece.length());

    assertThat(Link.next(List.of(header), BASE)).isEmpty();
  }

  @Test
  void aHeaderLongerThan16KibIsPassedOver() {
    var tooLong = "<?last=" + "b".repeat(16 * 1024) + ">; rel=next";

    assertThat(Link.next(List.of(tooLong, "<?last=b&n=2>; rel=next"), BASE))
        .hasValue(HttpUrl.get(NEXT));
  }
}
