package dev.osimage.oci.http;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import okhttp3.Interceptor;
import okio.AsyncTimeout;
import org.jspecify.annotations.Nullable;

/**
 * Sockets that read and write much at once: OkHttp moves 8 KiB at a time, and a system call and a
 * look at the clock for each is a third of what a transfer costs. They keep the times of reads and
 * writes themselves; OkHttp shall not.
 */
final class BufferedSockets extends SocketFactory {

  private static final int BUFFER = 128 * 1024;

  private final Duration readTimeout;
  private final Duration writeTimeout;

  /**
   * Sockets whose reads and writes fail with {@link SocketTimeoutException} after these times; for
   * reads a request may have {@linkplain #reading another}.
   */
  BufferedSockets(Duration readTimeout, Duration writeTimeout) {
    this.readTimeout = readTimeout;
    this.writeTimeout = writeTimeout;
  }

  /** For a request, a network interceptor: reads of its answer fail after this time. */
  static Interceptor reading(Duration timeout) {
    return chain -> {
      Objects.requireNonNull(chain.connection()).socket().setSoTimeout(millis(timeout));
      return chain.proceed(chain.request());
    };
  }

  private static int millis(Duration timeout) {
    return Math.toIntExact(timeout.toMillis());
  }

  @Override
  public Socket createSocket() {
    return new BufferedSocket(readTimeout, writeTimeout);
  }

  private static final class BufferedSocket extends Socket {

    private final Duration readTimeout;
    private final Duration writeTimeout;
    private @Nullable InputStream in;
    private @Nullable OutputStream out;

    BufferedSocket(Duration readTimeout, Duration writeTimeout) {
      this.readTimeout = readTimeout;
      this.writeTimeout = writeTimeout;
    }

    /** Without end, as OkHttp wants it, nothing waits: a handshake, or the answer of a proxy. */
    @Override
    public synchronized void setSoTimeout(int timeout) throws SocketException {
      super.setSoTimeout(timeout == 0 ? millis(readTimeout) : timeout);
    }

    @Override
    public synchronized InputStream getInputStream() throws IOException {
      if (in == null) {
        in = new BufferedInputStream(super.getInputStream(), BUFFER);
      }
      return in;
    }

    @Override
    public synchronized OutputStream getOutputStream() throws IOException {
      if (out == null) {
        var timed = new TimedStream(super.getOutputStream(), new Clock(this, writeTimeout));
        out = new BufferedOutputStream(timed, BUFFER);
      }
      return out;
    }
  }

  /** Closes the socket when the time is over: nothing else ends a write that blocks. */
  private static final class Clock extends AsyncTimeout {

    private final Socket socket;

    Clock(Socket socket, Duration time) {
      this.socket = socket;
      timeout(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    protected void timedOut() {
      try {
        socket.close();
      } catch (IOException e) {
        // It is of no use any more, closed or not.
      }
    }
  }

  private static final class TimedStream extends FilterOutputStream {

    private final Clock clock;

    TimedStream(OutputStream out, Clock clock) {
      super(out);
      this.clock = clock;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      clock.enter();
      @Nullable IOException failure = null;
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        failure = e;
      }
      if (clock.exit()) {
        throw new SocketTimeoutException("timeout");
      }
      if (failure != null) {
        throw failure;
      }
    }
  }

  @Override
  public Socket createSocket(String host, int port) {
    throw new UnsupportedOperationException("only sockets that are not connected yet");
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort) {
    throw new UnsupportedOperationException("only sockets that are not connected yet");
  }

  @Override
  public Socket createSocket(InetAddress host, int port) {
    throw new UnsupportedOperationException("only sockets that are not connected yet");
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
    throw new UnsupportedOperationException("only sockets that are not connected yet");
  }
}
