package dev.osimage.oci.faults;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** The body of a request, whether of known length or chunked (RFC 9112, section 7.1). */
final class RequestBody extends InputStream {

  /** The body was to break here. */
  static final class CutException extends IOException {
    CutException() {
      super("the body is cut here");
    }
  }

  private final InputStream in;
  private final OutputStream out;
  private final Received request;
  private final boolean chunked;
  private long left;
  private long limit = Long.MAX_VALUE;
  private boolean continues;
  private boolean ended;

  RequestBody(InputStream in, OutputStream out, Received request) {
    this.in = in;
    this.out = out;
    this.request = request;
    this.chunked = request.headers().firstValue("Transfer-Encoding").isPresent();
    this.left = chunked ? 0 : request.headers().firstValueAsLong("Content-Length").orElse(0);
    this.continues = request.headers().firstValue("Expect").isPresent();
    this.ended = !chunked && left == 0;
  }

  boolean isChunked() {
    return chunked;
  }

  /** Whether there is nothing more to read. */
  boolean isEnded() {
    return ended;
  }

  /** The connection is to break when more than this was read. */
  void cutAfter(long bytes) {
    limit = Math.min(limit, bytes);
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (continues) {
      continues = false;
      out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }
    if (!ended && chunked && left == 0) {
      nextChunk();
    }
    if (ended) {
      return -1;
    }
    if (request.bytes() >= limit) {
      throw new CutException();
    }
    long most = Math.min(Math.min(left, length), limit - request.bytes());
    int count = in.read(buffer, offset, (int) most);
    if (count < 0) {
      throw new EOFException("the client cut its request");
    }
    left -= count;
    request.count(count);
    if (chunked && left == 0) {
      line(in);
    }
    ended = !chunked && left == 0;
    return count;
  }

  void drain() throws IOException {
    transferTo(OutputStream.nullOutputStream());
  }

  private void nextChunk() throws IOException {
    left = Long.parseLong(line(in).split(";", 2)[0].strip(), 16);
    if (left == 0) {
      ended = true;
      while (!line(in).isEmpty()) {
        // Trailers mean nothing here.
      }
    }
  }

  static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0 || line.length() > 1 << 16) {
        throw new EOFException("a line without an end");
      }
      line.append((char) c);
    }
    return line.toString().strip();
  }
}
