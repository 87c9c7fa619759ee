package dev.osimage.e2e.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import okhttp3.OkHttpClient;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;

/**
 * A private certificate authority, and files with a certificate by it for localhost and one
 * address.
 */
record Tls(HeldCertificate authority, Path certificate, Path key) {

  /** Makes both anew; the files are put into {@code folder}. */
  static Tls make(Path folder, String address) throws IOException {
    var authority =
        new HeldCertificate.Builder()
            .commonName("osimage-e2e-registry-ca")
            .certificateAuthority(0)
            .build();
    var server =
        new HeldCertificate.Builder()
            .signedBy(authority)
            .addSubjectAlternativeName(address)
            .addSubjectAlternativeName("localhost")
            .build();
    return new Tls(
        authority,
        Files.writeString(folder.resolve("tls.crt"), server.certificatePem()),
        Files.writeString(folder.resolve("tls.key"), server.privateKeyPkcs8Pem()));
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
