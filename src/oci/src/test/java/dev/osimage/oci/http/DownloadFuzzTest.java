package dev.osimage.oci.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/** The input is what a server says after a cut: line by line status, Content-Range, ETag; body. */
class DownloadFuzzTest {

  private static final String FIRST = "0123456789";
  private static final int LENGTH = 20;
  private static final RetryPolicy TWICE =
      new RetryPolicy(2, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofMinutes(1));

  @FuzzTest
  void whatArrivesIsAsLongAsPromisedAndGoesOnWhereItWasCut(byte[] input) {
    var lines = new String(input, StandardCharsets.ISO_8859_1).split("\n", 4);
    if (lines.length < 4) {
      return;
    }
    var range = printable(lines[1]);
    var second = response(lines[0].equals("200") ? 200 : 206, range, printable(lines[2]), lines[3]);
    byte[] content;
    try (var download =
        new Download(
            (asked, condition) -> asked == null ? response(200, null, "\"v1\"", FIRST) : second,
            TWICE,
            true)) {
      content = download.readAllBytes();
    } catch (IOException e) {
      return;
    }
    var body = second.code() == 206 ? FIRST + lines[3] : lines[3];
    assertThat(content).hasSize(LENGTH);
    assertThat(new String(content, StandardCharsets.ISO_8859_1))
        .startsWith(FIRST)
        .endsWith(body.substring(FIRST.length(), LENGTH));
    assertThat(second.code() == 200 || range.matches("bytes 0*10-.*")).isTrue();
  }

  private static Response response(
      int status, @Nullable String range, @Nullable String etag, String content) {
    var bytes = new Buffer().write(content.getBytes(StandardCharsets.ISO_8859_1));
    var response =
        new Response.Builder()
            .request(new Request.Builder().url("http://r.example/").build())
            .protocol(Protocol.HTTP_1_1)
            .code(status)
            .message("")
            .body(ResponseBody.create(bytes, null, status == 200 ? LENGTH : LENGTH / 2));
    if (range != null) {
      response.header("Content-Range", range);
    }
    if (etag != null) {
      response.header("ETag", etag);
    }
    return response.build();
  }

  /** What can be in a header at all. */
  private static String printable(String text) {
    return text.replaceAll("[^ -~]", "");
  }
}
