package dev.osimage.e2e.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import okhttp3.OkHttpClient;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;

/**
 * A private certificate authority, and files with a certificate by it for localhost and one
 * address.
 */
record Tls(HeldCertificate authority, Path certificate, Path key) {

  /** An authority that nobody knows yet. */
  static HeldCertificate newAuthority() {
    return new HeldCertificate.Builder()
        .commonName("osimage-e2e-registry-ca")
        .certificateAuthority(0)
        .build();
  }

  /** Makes a certificate; the files are put into {@code folder}. */
  static Tls make(Path folder, String address, HeldCertificate authority) throws IOException {
    var server = certificate(authority, address);
    return new Tls(
        authority,
        Files.writeString(folder.resolve("tls.crt"), server.certificatePem()),
        Files.writeString(folder.resolve("tls.key"), server.privateKeyPkcs8Pem()));
  }

  private static HeldCertificate certificate(HeldCertificate authority, String address) {
    return new HeldCertificate.Builder()
        .signedBy(authority)
        .addSubjectAlternativeName(address)
        .addSubjectAlternativeName("localhost")
        .build();
  }

  /** For another server at an address, with a certificate by the same authority. */
  SSLContext server(String address) {
    return new HandshakeCertificates.Builder()
        .heldCertificate(certificate(authority, address))
        .build()
        .sslContext();
  }

  String authorityPem() {
    return authority.certificatePem();
  }

  /** A client that trusts this authority and no other. */
  OkHttpClient client() {
    var trust =
        new HandshakeCertificates.Builder().addTrustedCertificate(authority.certificate()).build();
    return new OkHttpClient.Builder()
        .sslSocketFactory(trust.sslSocketFactory(), trust.trustManager())
        .build();
  }
}
