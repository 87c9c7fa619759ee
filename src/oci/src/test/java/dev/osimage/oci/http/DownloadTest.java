package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import okhttp3.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DownloadTest {

  private static final String CONTENT = "0123456789abcdef";
  private static final String STRONG = "ETag: \"v1\"\r\n";
  private static final Pattern RANGE = Pattern.compile("Range: bytes=(\\d+)-\r\n");
  private static final RetryPolicy THRICE =
      new RetryPolicy(3, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofMinutes(1));

  private final HttpTransport http =
      new HttpTransport(HttpSettings.of(Map.of()).withTimeouts(Duration.ofMillis(400)));

  @AfterEach
  void close() {
    http.close();
  }

  @Test
  void contentThatIsCutAtEveryPositionArrivesWhole() throws IOException {
    for (int cut = 0; cut < CONTENT.length(); cut++) {
      try (var server = RawServer.of(whole(STRONG, cut), part(cut, CONTENT.length()))) {
        assertThat(read(server)).as("cut after %d bytes", cut).isEqualTo(CONTENT);
        assertThat(server.heads()).hasSize(2);
      }
    }
  }

  @Test
  void whoCutsAfterEachByteIsNotAskedWithoutEnd() throws IOException {
    try (var server =
        new RawServer((number, head) -> {
          int from = from(head);
          return from == 0
              ? whole(STRONG, 1)
              : head(206, STRONG + contentRange(from, 15, "16"), 16 - from) + CONTENT.charAt(from);
        })) {
      assertThatThrownBy(() -> read(server)).isInstanceOf(IOException.class);
      assertThat(server.heads()).hasSize(THRICE.tries());
    }
  }

  @Test
  void theRestIsAskedForByRangeUnderTheConditionThatNothingChanged() throws IOException {
    try (var server = RawServer.of(whole(STRONG, 5), part(5, 16))) {
      read(server);

      assertThat(server.heads().get(0)).doesNotContain("Range");
      assertThat(server.heads().get(1))
          .contains("\r\nRange: bytes=5-\r\n")
          .contains("\r\nIf-Range: \"v1\"\r\n");
    }
  }

  @Test
  void whereNothingArrivedTheWholeIsAskedForAgain() throws IOException {
    try (var server = RawServer.of(whole(STRONG, 0), whole(STRONG, 16))) {
      assertThat(read(server)).isEqualTo(CONTENT);
      assertThat(server.heads().get(1)).doesNotContain("Range");
    }
  }

  @Test
  void aDateIsTheConditionWhereThereIsNoETag() throws IOException {
    var date = "Sun, 06 Nov 1994 08:49:37 GMT";

    assertThat(secondRequestAfterACut("Last-Modified: " + date + "\r\n"))
        .contains("If-Range: " + date + "\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ETag: W/\"v1\"\r\n", ""})
  void aWeakETagIsNoCondition(String header) throws IOException {
    assertThat(secondRequestAfterACut(header)).doesNotContain("If-Range");
  }

  private String secondRequestAfterACut(String header) throws IOException {
    var rest = head(206, header + contentRange(5, 15, "16"), 11) + "56789abcdef";
    try (var server = RawServer.of(whole(header, 5), rest)) {
      assertThat(read(server)).isEqualTo(CONTENT);
      assertThat(server.heads().get(1)).contains("\r\nRange: bytes=5-\r\n");
      return server.heads().get(1);
    }
  }

  @Test
  void aServerWithoutRangesSendsTheWholeAgainAndTheBeginningIsSkipped() throws IOException {
    try (var server = RawServer.of(whole(STRONG, 9), whole(STRONG, 16))) {
      assertThat(read(server)).isEqualTo(CONTENT);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nETag: \"v2\"\r\nContent-Length: 16\r\n\r\nFEDCBA9876543210",
        "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 17\r\n\r\n0123456789abcdefg",
        "HTTP/1.1 206 OK\r\nETag: \"v2\"\r\nContent-Range: bytes 5-15/16\r\n"
            + "Content-Length: 11\r\n\r\n56789abcdef",
        "HTTP/1.1 206 OK\r\nETag: \"v1\"\r\nContent-Range: bytes 5-16/17\r\n"
            + "Content-Length: 12\r\n\r\n56789abcdefg"
      })
  void contentThatBecameAnotherIsNotMixedWithTheFirst(String second) throws IOException {
    try (var server = RawServer.of(whole(STRONG, 5), second)) {
      assertThatThrownBy(() -> read(server))
          .isInstanceOf(ChangedContentException.class)
          .hasMessage("the content changed while it was read");
      assertThat(server.heads()).hasSize(2);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Range: bytes 4-15/16\r\n",
        "Content-Range: bytes 0-15/16\r\n",
        "Content-Range: bytes */16\r\n",
        "Content-Range: items 5-15/16\r\n",
        "Content-Range: bytes 99999999999999999999-15/16\r\n",
        "X-None: 1\r\n"
      })
  void anotherRangeThanWasAskedForIsRefused(String range) throws IOException {
    try (var server =
        RawServer.of(whole(STRONG, 5), head(206, STRONG + range, 11) + "56789abcdef")) {
      assertThatThrownBy(() -> read(server))
          .isInstanceOf(IOException.class)
          .hasMessage("the server answers with another range than was asked for");
    }
  }

  @Test
  void lessThanTheRangeIsCompletedAndMoreIsNotTaken() throws IOException {
    try (var server =
        RawServer.of(
            whole(STRONG, 5),
            head(206, STRONG + contentRange(5, 7, "16"), 3) + "567",
            head(206, STRONG + contentRange(8, 99, "*"), 20) + "89abcdefBUT-NOT-THIS")) {
      assertThat(read(server)).isEqualTo(CONTENT);
      assertThat(server.heads()).hasSize(3);
    }
  }

  @Test
  void contentOfUnknownLengthArrivesWhole() throws IOException {
    try (var server = RawServer.of("HTTP/1.1 200 OK\r\n\r\n" + CONTENT);
        var download = open(server)) {
      assertThat(download.length()).isEmpty();
      assertThat(download.readAllBytes()).asString().isEqualTo(CONTENT);
    }
  }

  @Test
  void chunkedContentThatIsCutGoesOnAndEndsWhereTheRangeSaysThatItEnds() throws IOException {
    try (var server =
        RawServer.of(
            "HTTP/1.1 200 OK\r\n" + STRONG + "Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n",
            head(206, STRONG + contentRange(5, 7, "16"), 3) + "567",
            part(8, 16))) {
      assertThat(read(server)).isEqualTo(CONTENT);
    }
  }

  @Test
  void theLengthIsWhatTheServerSays() throws IOException {
    try (var server = RawServer.of(whole(STRONG, 16));
        var download = open(server)) {
      assertThat(download.length()).hasValue(16);
      assertThat(download.read()).isEqualTo('0');
      assertThat(download.read(new byte[4], 0, 0)).isZero();
    }
  }

  @Test
  void aDownloadThatStallsGoesOnAfterTheTimeout() throws IOException {
    try (var server = RawServer.of(whole(STRONG, 5) + RawServer.STALL, part(5, 16))) {
      assertThat(read(server)).isEqualTo(CONTENT);
    }
  }

  @Test
  void aServerThatSendsNothingMoreIsGivenUp() throws IOException {
    try (var server =
        new RawServer((number, head) -> number == 0 ? whole(STRONG, 5) : part(5, 5))) {
      assertThatThrownBy(() -> read(server)).isInstanceOf(IOException.class);
      assertThat(server.heads()).hasSize(3);
    }
  }

  @Test
  void aServerThatIsGoneForAWhileIsAskedAgain() throws IOException {
    try (var server = RawServer.of(whole(STRONG, 5), "", "", part(5, 16))) {
      assertThat(read(server)).isEqualTo(CONTENT);
    }
  }

  @Test
  void aRefusalIsPassedOnAndNotAskedForAgain() throws IOException {
    try (var server = RawServer.of(whole(STRONG, 5), head(403, "", 0))) {
      assertThatThrownBy(() -> read(server)).isInstanceOf(Refusal.class);
      assertThat(server.heads()).hasSize(2);
    }
  }

  @Test
  void aClosedTransportEndsADownloadAtOnce() throws IOException {
    try (var server = RawServer.of(whole(STRONG, 5) + RawServer.STALL, part(5, 16));
        var download = open(server)) {
      assertThat(download.readNBytes(5)).hasSize(5);
      http.close();

      assertThatThrownBy(download::read).isInstanceOf(ClosedTransportException.class);
      assertThat(server.heads()).hasSize(1);
    }
  }

  @Test
  void aDownloadThatWasClosedAsksForNothingMore() throws IOException {
    try (var server = RawServer.of(whole(STRONG, 16), part(5, 16))) {
      var download = open(server);
      assertThat(download.readNBytes(5)).hasSize(5);
      download.close();

      assertThatThrownBy(download::read).isInstanceOf(IOException.class);
      assertThat(server.heads()).hasSize(1);
    }
  }

  @Test
  void anInterruptedReaderGivesUp() throws IOException {
    try (var server = RawServer.of(whole(STRONG, 5), part(5, 16));
        var download = open(server)) {
      assertThat(download.readNBytes(5)).hasSize(5);
      Thread.currentThread().interrupt();

      assertThatThrownBy(download::read).isInstanceOf(IOException.class);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(server.heads()).hasSize(1);
    }
  }

  private String read(RawServer server) throws IOException {
    try (var download = open(server)) {
      return new String(download.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private Download open(RawServer server) throws IOException {
    return new Download(
        (range, ifRange) -> {
          var request = new Request.Builder().url(server.url());
          if (range != null) {
            request.header("Range", range);
          }
          if (ifRange != null) {
            request.header("If-Range", ifRange);
          }
          var response = http.send(request.build());
          if (response.code() == 403) {
            response.close();
            throw new Refusal();
          }
          return response;
        },
        THRICE,
        true);
  }

  /** The first so many bytes of an answer that promises all. */
  private static String whole(String header, int bytes) {
    return head(200, header, CONTENT.length()) + CONTENT.substring(0, bytes);
  }

  /** The bytes between, of an answer that promises the rest. */
  private static String part(int from, int to) {
    return head(206, STRONG + contentRange(from, 15, "16"), 16 - from)
        + CONTENT.substring(from, to);
  }

  private static String head(int status, String headers, int length) {
    return "HTTP/1.1 %d OK\r\n%sContent-Length: %d\r\n\r\n".formatted(status, headers, length);
  }

  private static String contentRange(int from, int to, String total) {
    return "Content-Range: bytes %d-%d/%s\r\n".formatted(from, to, total);
  }

  private static int from(String head) {
    var range = RANGE.matcher(head);
    return range.find() ? Integer.parseInt(range.group(1)) : 0;
  }

  /** An answer that says that it is final. */
  private static final class Refusal extends IOException implements RetryPolicy.Retryable {
    private static final long serialVersionUID = 1L;

    @Override
    public boolean retryable() {
      return false;
    }
  }
}
