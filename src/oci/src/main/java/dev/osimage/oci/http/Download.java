package dev.osimage.oci.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
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

  /** After so many bytes between two cuts, the server counts as one that works. */
  private static final long PROGRESS = 1024 * 1024;

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
  private final boolean pinned;
  private long length;
  private final @Nullable String validator;
  private final @Nullable String identity;
  private Response response;
  private long position;
  private int cuts;
  private long positionOfFirstCut;
  private volatile boolean closed;

  /**
   * Opens the download; the first request is not tried again here. {@code pinned} content has a
   * digest that names it: the rest is asked for even where the server offers nothing by which it
   * could tell that the content is still the same.
   */
  public Download(Source source, RetryPolicy retries, boolean pinned) throws IOException {
    this.source = source;
    this.pinned = pinned;
    this.retries = retries;
    this.response = source.open(null, null);
    this.length = response.body().contentLength();
    var etag = readable(response.header("ETag"));
    var modified = response.header("Last-Modified");
    this.identity = etag == null ? modified : etag;
    // A weak ETag promises no equal bytes, so it can't be asked to continue by (13.1.5).
    this.validator = etag == null ? modified : etag.startsWith("W/") ? null : etag;
  }

  /** A header that could not be sent back is as good as none. */
  private static @Nullable String readable(@Nullable String header) {
    return header != null && header.chars().allMatch(c -> c >= 0x20 && c < 0x7f) ? header : null;
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
    while (position != length) {
      // A server may send more than the range that was asked for.
      int most = length < 0 ? count : (int) Math.min(count, length - position);
      try {
        int read = response.body().byteStream().read(buffer, offset, most);
        if (read > 0) {
          position += read;
          return read;
        }
        if (length < 0) {
          return -1;
        }
        throw new EOFException("it ended after " + position + " of " + length + " bytes");
      } catch (ChangedContentException e) {
        throw e;
      } catch (IOException e) {
        goOn(e);
      }
    }
    return -1;
  }

  private void goOn(IOException cut) throws IOException {
    response.close();
    if (closed || Thread.currentThread().isInterrupted()) {
      throw cut;
    }
    if (position - positionOfFirstCut > PROGRESS) {
      cuts = 0;
    }
    if (cuts == 0) {
      positionOfFirstCut = position;
    }
    cuts++;
    if (cuts >= retries.tries()) {
      throw cut;
    }
    if (!pinned && position > 0 && identity == null) {
      throw new ChangedContentException();
    }
    LOG.info("a download was cut after {} bytes ({}); going on", position, cut.getMessage());
    try {
      var first = new AtomicBoolean(cuts > 1);
      response =
          retries.run(number -> {
            if (first.getAndSet(false)) {
              // A server that cuts after each byte shall not be asked without end and pause.
              throw new FailedTryException(cut);
            }
            return reopened();
          });
    } catch (FailedTryException e) {
      throw e.cause;
    }
    if (closed) {
      response.close();
    }
  }

  private Response reopened() throws IOException {
    try {
      return rest();
    } catch (IOException e) {
      throw new FailedTryException(e);
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
    var etag = readable(next.header("ETag"));
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
    if (range.group(3).equals("*")) {
      return;
    }
    long total = Long.parseLong(range.group(3));
    if (length >= 0 && total != length) {
      throw new ChangedContentException();
    }
    length = total;
  }

  @Override
  public void close() {
    closed = true;
    response.close();
  }

  /** Asking for the rest failed; whether it may be tried again depends on of what. */
  private static final class FailedTryException extends IOException
      implements RetryPolicy.Retryable {

    private static final long serialVersionUID = 1L;

    private final IOException cause;

    FailedTryException(IOException cause) {
      super(cause.getMessage(), cause);
      this.cause = cause;
    }

    @Override
    public boolean retryable() {
      return switch (cause) {
        // That is for who reads, who has to begin anew.
        case ChangedContentException changed -> false;
        case RedirectException redirect -> false;
        case ClosedTransportException closed -> false;
        case RetryPolicy.Retryable failure -> failure.retryable();
        default -> !ConnectionFailure.isUntrusted(cause);
      };
    }

    @Override
    public Optional<Duration> retryAfter() {
      return cause instanceof RetryPolicy.Retryable failure
          ? failure.retryAfter()
          : Optional.empty();
    }
  }
}
