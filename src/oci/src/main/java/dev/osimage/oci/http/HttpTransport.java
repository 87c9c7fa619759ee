package dev.osimage.oci.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;

/**
 * How a process speaks HTTP: one per process, from which those with further trusted authorities are
 * derived. All share the connections, the {@link Transfers}, and their end. HTTP/1.1 only: with
 * HTTP/2 all uploads to a registry would share one connection and its window.
 */
public final class HttpTransport implements AutoCloseable {

  private final OkHttpClient quick;
  private final OkHttpClient patient;
  private final Transfers transfers;
  private final RunningCalls running;
  private final CaBundle trusted;

  /** A transport with these settings that trusts the authorities of the Java runtime. */
  public HttpTransport(HttpSettings settings) {
    this(
        new OkHttpClient.Builder()
            .protocols(List.of(Protocol.HTTP_1_1))
            .proxySelector(settings.proxies().selector())
            .proxyAuthenticator(settings.proxies().authenticator())
            .socketFactory(new BufferedSockets(settings.answerTimeout(), settings.writeTimeout()))
            .connectTimeout(settings.connectTimeout())
            // The sockets keep these two.
            .writeTimeout(Duration.ZERO)
            .readTimeout(Duration.ZERO)
            .followRedirects(false)
            .followSslRedirects(false)
            .addInterceptor(headers(settings))
            .build(),
        settings,
        new RunningCalls());
  }

  private HttpTransport(OkHttpClient plain, HttpSettings settings, RunningCalls running) {
    this(
        plain
            .newBuilder()
            .eventListener(running)
            .addNetworkInterceptor(BufferedSockets.reading(settings.answerTimeout()))
            .build(),
        plain
            .newBuilder()
            .eventListener(running)
            .addNetworkInterceptor(BufferedSockets.reading(settings.commitTimeout()))
            .build(),
        new Transfers(settings.transfersPerHost()),
        running,
        CaBundle.NONE);
  }

  private HttpTransport(
      OkHttpClient quick,
      OkHttpClient patient,
      Transfers transfers,
      RunningCalls running,
      CaBundle trusted) {
    this.quick = quick;
    this.patient = patient;
    this.transfers = transfers;
    this.running = running;
    this.trusted = trusted;
  }

  private static Interceptor headers(HttpSettings settings) {
    return chain -> {
      var request = chain.request().newBuilder();
      if (chain.request().header("User-Agent") == null) {
        request.header("User-Agent", settings.userAgent());
      }
      var proxyLogin = settings.proxies().authorization(chain.request().url());
      if (proxyLogin != null) {
        request.header("Proxy-Authorization", proxyLogin);
      }
      if (chain.request().header("Accept-Encoding") == null) {
        // Sizes and digests are of the bytes themselves, not of what a proxy compresses them to.
        request.header("Accept-Encoding", "identity");
      }
      return chain.proceed(request.build());
    };
  }

  /** The same transport with these authorities trusted besides those that it trusts already. */
  public HttpTransport trusting(CaBundle bundle) {
    var all = trusted.and(bundle);
    var trust = all.trustManager();
    SSLSocketFactory sockets;
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {trust}, null);
      sockets = context.getSocketFactory();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no TLS with a CA bundle", e);
    }
    return new HttpTransport(
        quick.newBuilder().sslSocketFactory(sockets, trust).build(),
        patient.newBuilder().sslSocketFactory(sockets, trust).build(),
        transfers,
        running,
        all);
  }

  /** The bound on transfers of this process. */
  public Transfers transfers() {
    return transfers;
  }

  /** Sends a request that is answered soon. Redirects are answers. */
  public Response send(Request request) throws IOException {
    return execute(quick, request);
  }

  /** Sends a request that is worth only so much time. Redirects are answers. */
  public Response send(Request request, Duration timeout) throws IOException {
    return execute(quick.newBuilder().callTimeout(timeout).build(), request);
  }

  /** Sends content to a server that may need long to store it. Redirects are answers. */
  public Response upload(Request request) throws IOException {
    return execute(patient, request);
  }

  /**
   * Sends a GET or HEAD and follows redirects, at most ten. The headers named in {@code secret} go
   * to the first origin only. A redirect that leaves TLS, or that leads to a private address that
   * is not the first host's own, is refused with {@link RedirectException}.
   */
  public Response follow(Request request, Set<String> secret) throws IOException {
    return Redirects.follow(hop -> execute(quick, hop), request, secret);
  }

  /**
   * Sends a request by {@link #send} or {@link #upload} and follows redirects that keep its method
   * (307 and 308), as {@link #follow} does, unless its content can't be sent again.
   */
  public Response redirected(Hop sender, Request request, Set<String> secret) throws IOException {
    return replayable(request)
        ? Redirects.followKeepingMethod(sender, request, secret)
        : sender.send(request);
  }

  /**
   * Whether a request can be sent again by who knows it: an empty body that is one-shot only keeps
   * the HTTP library from doing so unseen.
   */
  public static boolean replayable(Request request) throws IOException {
    var body = request.body();
    return body == null || !body.isOneShot() || body.contentLength() == 0;
  }

  /** Sends one request. */
  @FunctionalInterface
  public interface Hop {
    Response send(Request request) throws IOException;
  }

  private Response execute(OkHttpClient http, Request request) throws IOException {
    if (running.ended()) {
      throw new ClosedTransportException();
    }
    try {
      return http.newCall(request).execute();
    } catch (Exception e) {
      // OkHttp throws this one, undeclared, out of a wait for a connection.
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      }
      if (e instanceof IOException && running.ended()) {
        throw new ClosedTransportException();
      }
      throw e;
    }
  }

  /**
   * Ends those of these requests that run; others may follow. A thread that waits for the network
   * does not see that it is interrupted, unless it is a virtual one.
   */
  public void cancel(Predicate<Request> requests) {
    running.cancel(requests);
  }

  /** Ends every request that runs or comes, in all transports derived from one; for good. */
  @Override
  public void close() {
    running.end();
    quick.connectionPool().evictAll();
  }
}
