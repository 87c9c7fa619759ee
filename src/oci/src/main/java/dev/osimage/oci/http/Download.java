package dev.osimage.oci.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A download as one stream: where the connection is cut, it asks for the rest by Range (RFC 9110,
 * 14) and goes on. When the server has other content by then ({@code ETag}, {@code Last-Modified}
 * or the length differ), reading fails with {@link ChangedContentException}.
 */
public final class Download extends InputStream {

  private static final Logger LOG = LoggerFactory.getLogger(Download.class);
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

  /** Asks the server for the content. */
  @FunctionalInterface
  public interface Source {
    /**
     * Sends the request with these headers, which are null where they are not wanted, and returns a
     * response with status 200 or 206; every other one is an exception.
     */
    Response open(@Nullable String range, @Nullable String ifRange) throws IOException;
  }

  private final Source source;
  private final RetryPolicy retries;
  private final long length;
  private final @Nullable String validator;
  private final @Nullable String identity;
  private Response response;
  private long position;
  private int triesWithoutProgress;

  /** Opens the download; the first request is not tried again here. */
  public Download(Source source, RetryPolicy retries) throws IOException {
    this.source = source;
    this.retries = retries;
    this.response = source.open(null, null);
    this.length = response.body().contentLength();
    var etag = response.header("ETag");
    var modified = response.header("Last-Modified");
    this.identity = etag == null ? modified : etag;
    // A weak ETag promises no equal bytes, so it can't be asked to continue by (13.1.5).
    this.validator = etag == null ? modified : etag.startsWith("W/") ? null : etag;
  }

  /** How many bytes there are in all, where the server said so. */
  public OptionalLong length() {
    return length < 0 ? OptionalLong.empty() : OptionalLong.of(length);
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, buffer.length);
    if (count == 0) {
      return 0;
    }
    while (true) {
      try {
        int read = response.body().byteStream().read(buffer, offset, count);
        if (read > 0) {
          position += read;
          triesWithoutProgress = 0;
          return read;
        }
        if (length < 0 || position == length) {
          return -1;
        }
        throw new EOFException("it ended after " + position + " of " + length + " bytes");
      } catch (ChangedContentException e) {
        throw e;
      } catch (IOException e) {
        goOn(e);
      }
    }
  }

  private void goOn(IOException cut) throws IOException {
    response.close();
    if (Thread.currentThread().isInterrupted()) {
      throw cut;
    }
    triesWithoutProgress++;
    if (triesWithoutProgress >= retries.tries()) {
      throw cut;
    }
    LOG.info("a download was cut after {} bytes ({}); going on", position, cut.getMessage());
    try {
      response = retries.run(number -> reopened());
    } catch (PassingException e) {
      throw e.cause;
    }
  }

  private Response reopened() throws IOException {
    try {
      return rest();
    } catch (ChangedContentException | RedirectException e) {
      throw e;
    } catch (IOException e) {
      throw new PassingException(e);
    }
  }

  private Response rest() throws IOException {
    var next =
        source.open(
            position == 0 ? null : "bytes=" + position + "-", position == 0 ? null : validator);
    try {
      checkSame(next);
      if (next.code() == 206 && position > 0) {
        checkRange(next);
      } else {
        // The server knows no ranges, or takes the validator for another one.
        next.body().byteStream().skipNBytes(position);
      }
      return next;
    } catch (IOException e) {
      next.close();
      throw e;
    }
  }

  private void checkSame(Response next) throws ChangedContentException {
    var etag = next.header("ETag");
    var now = etag == null ? next.header("Last-Modified") : etag;
    if (identity != null && now != null && !identity.equals(now)) {
      throw new ChangedContentException();
    }
    if (next.code() == 200 && length >= 0 && next.body().contentLength() != length) {
      throw new ChangedContentException();
    }
  }

  private void checkRange(Response next) throws IOException {
    var range = CONTENT_RANGE.matcher(Objects.toString(next.header("Content-Range"), ""));
    if (!range.matches() || Long.parseLong(range.group(1)) != position) {
      throw new IOException("the server answers with another range than was asked for");
    }
    if (length >= 0 && !range.group(3).equals("*") && Long.parseLong(range.group(3)) != length) {
      throw new ChangedContentException();
    }
  }

  @Override
  public void close() {
    response.close();
  }

  /**
   * A connection failed while the rest was asked for; that is tried as often as the policy says.
   */
  private static final class PassingException extends IOException implements RetryPolicy.Retryable {

    private static final long serialVersionUID = 1L;

    private final IOException cause;

    PassingException(IOException cause) {
      super(cause.getMessage(), cause);
      this.cause = cause;
    }

    @Override
    public boolean retryable() {
      return !ConnectionFailure.isUntrusted(cause);
    }
  }
}
