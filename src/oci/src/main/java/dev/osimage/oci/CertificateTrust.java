package dev.osimage.oci;

import java.security.cert.CertificateException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Tells a server that is not trusted from one that can't be reached: only the latter may pass. */
public final class CertificateTrust {

  private CertificateTrust() {}

  /** Whether a connection failed because of the server's certificate. */
  public static boolean isMissingIn(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
        return true;
      }
    }
    return false;
  }
}
