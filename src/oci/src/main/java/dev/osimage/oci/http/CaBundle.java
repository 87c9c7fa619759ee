package dev.osimage.oci.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Certificate authorities that are trusted besides those of the Java runtime. */
public record CaBundle(List<X509Certificate> authorities) {

  /** The most that is read: bundles of all public authorities have about 250 KiB. */
  public static final int MAX_BYTES = 1024 * 1024;

  /** No authorities besides those of the Java runtime. */
  static final CaBundle NONE = new CaBundle(List.of());

  public CaBundle {
    authorities = List.copyOf(authorities);
  }

  /** Reads one or more certificates in PEM; {@link IllegalArgumentException} says what is wrong. */
  public static CaBundle parse(byte[] pem) {
    var authorities = new ArrayList<X509Certificate>();
    try {
      for (var certificate :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(pem))) {
        authorities.add((X509Certificate) certificate);
      }
    } catch (CertificateException e) {
      throw new IllegalArgumentException("it holds something that is not a certificate in PEM", e);
    }
    if (authorities.isEmpty()) {
      throw new IllegalArgumentException("it holds no certificate (-----BEGIN CERTIFICATE-----)");
    }
    return new CaBundle(authorities);
  }

  /** These authorities and those of another bundle. */
  CaBundle and(CaBundle other) {
    return new CaBundle(
        Stream.concat(authorities.stream(), other.authorities.stream()).distinct().toList());
  }

  /** Trusts these authorities and those of the Java runtime. */
  X509TrustManager trustManager() {
    try {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (var authority : trustManager(null).getAcceptedIssuers()) {
        store.setCertificateEntry("runtime-" + store.size(), authority);
      }
      for (var authority : authorities) {
        store.setCertificateEntry("extra-" + store.size(), authority);
      }
      return trustManager(store);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("no trust manager for a CA bundle", e);
    }
  }

  private static X509TrustManager trustManager(@Nullable KeyStore store)
      throws GeneralSecurityException {
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return Arrays.stream(factory.getTrustManagers())
        .filter(X509TrustManager.class::isInstance)
        .map(X509TrustManager.class::cast)
        .findFirst()
        .orElseThrow();
  }
}
