package dev.osimage.operator.boot;

import dev.osimage.api.Boot;
import dev.osimage.api.Part;
import dev.osimage.api.Reason;
import dev.osimage.oci.http.ConnectionFailure;
import dev.osimage.oci.http.HttpTransport;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Asks for boot URLs as machines do: HEAD of every part, the script, and of the smallest of the
 * parts that it is given the first byte, for which the gateway has to have it. The parts that are
 * large it fetches when a machine asks.
 */
final class BootProbe {

  private static final int MAX_TEXT = 300;
  private static final long LARGE = 64L * 1024 * 1024;

  private final HttpTransport http;
  private final Duration timeout;

  /** No request takes longer than {@code timeout}. */
  BootProbe(HttpTransport http, Duration timeout) {
    this.http = http;
    this.timeout = timeout;
  }

  /** One look at all URLs; {@code parts} are those of which a byte is asked for. */
  BootFinding look(Boot boot, List<Part> parts) {
    var urls = boot.partUrls();
    for (var url : urls) {
      var wrong = ask(new Request.Builder().url(url).head().build(), 200);
      if (wrong.isPresent()) {
        return wrong.get();
      }
    }
    return first(boot, parts)
        .flatMap(
            url -> ask(new Request.Builder().url(url).header("Range", "bytes=0-0").build(), 206))
        .or(() ->
            Optional.ofNullable(boot.ipxeURL())
                .flatMap(url -> ask(new Request.Builder().url(url).build(), 200)))
        .orElseGet(() ->
            new BootFinding(
                true,
                Reason.BOOT_URLS_REACHABLE,
                "the boot gateway answered for %d parts".formatted(urls.size())));
  }

  private static Optional<String> first(Boot boot, List<Part> parts) {
    return parts.stream()
        .filter(part -> part.size() > 0 && part.size() <= LARGE)
        .min(Comparator.comparingLong(Part::size))
        .flatMap(part ->
            Optional.ofNullable(
                switch (part.name()) {
                  case "kernel" -> boot.kernelURL();
                  case "initramfs" -> boot.initramfsURL();
                  case "rootfs" -> boot.rootfsURL();
                  case "squashfs" -> boot.squashfsURL();
                  case "uki" -> boot.ukiURL();
                  case "iso" -> boot.isoURL();
                  default -> null;
                }));
  }

  /** What is wrong; empty when it answers as expected. */
  private Optional<BootFinding> ask(Request request, int expected) {
    try (var response = http.send(request, timeout)) {
      return response.code() == expected
          ? Optional.empty()
          : Optional.of(
              new BootFinding(
                  false,
                  reason(response),
                  "%s %s: HTTP %d: %s"
                      .formatted(
                          request.method(), request.url(), response.code(), text(response))));
    } catch (IOException e) {
      return Optional.of(
          new BootFinding(
              false,
              ConnectionFailure.isUntrusted(e)
                  ? Reason.UNTRUSTED_CERTIFICATE
                  : Reason.GATEWAY_UNREACHABLE,
              "%s %s: %s".formatted(request.method(), request.url(), sentence(e))));
    }
  }

  /** The same words for the same trouble, so that a status does not change with each look. */
  private static String sentence(IOException e) {
    return switch (e) {
      case UnknownHostException unknown -> "nobody knows this name";
      case InterruptedIOException late -> "no answer in time";
      case ConnectException refused -> "no connection";
      case SSLPeerUnverifiedException other -> "its certificate is for another name";
      case SSLException tls when isOutOfDate(tls) -> "its certificate is not valid now";
      case SSLException tls when ConnectionFailure.isUntrusted(tls) ->
          "its certificate is not trusted (name its authority in builder.caBundle of the chart)";
      default -> "the connection broke";
    };
  }

  private static boolean isOutOfDate(SSLException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateExpiredException
          || cause instanceof CertificateNotYetValidException) {
        return true;
      }
    }
    return false;
  }

  /** The gateway says why. */
  private static Reason reason(Response response) {
    var said = response.header("OsImage-Reason");
    return Stream.of(Reason.values())
        .filter(reason -> reason.text().equals(said))
        .findFirst()
        .orElse(Reason.GATEWAY_UNREACHABLE);
  }

  private static String text(Response response) throws IOException {
    return response.peekBody(MAX_TEXT).string().strip();
  }
}
