package dev.osimage.oci.http;

import java.io.IOException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Says what a failed connection failed of, in words for people. */
public final class ConnectionFailure {

  private static final int MAX_LENGTH = 200;

  private ConnectionFailure() {}

  /** Whether the server's certificate is not trusted, which trying again does not change. */
  public static boolean isUntrusted(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
        return true;
      }
    }
    return false;
  }

  /** What went wrong, as the end of a sentence of one line and at most 200 characters. */
  public static String describe(IOException failure) {
    var message = failure.getMessage();
    if (message == null) {
      return failure.getClass().getSimpleName();
    }
    if (failure instanceof SSLException && message.contains("unrecognized SSL message")) {
      return "it does not speak TLS (plain HTTP has to be asked for: http://, or plainHTTP: true)";
    }
    // Java writes addresses without a name with a slash before them.
    return shortened(message.replace(" /", " "));
  }

  /** A text of a server as part of a message: one line, at most 200 characters. */
  public static String shortened(String text) {
    var line = text.replaceAll("[\\p{Cc}\\u2028\\u2029]+", " ");
    return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH) + "…";
  }
}
