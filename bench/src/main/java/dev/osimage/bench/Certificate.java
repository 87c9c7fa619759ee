package dev.osimage.bench;

import java.io.IOException;

/** A certificate for servers of this machine's loopback, and its key. */
final class Certificate {

  static final String FILE = "tls/cert.pem";
  static final String KEY = "tls/key.pem";

  private Certificate() {}

  /** Makes both anew; the certificate is its own authority. */
  static void make(Workplace place) throws IOException {
    place.emptied("tls");
    place.run(
        Command.of(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=bench",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            KEY,
            "-out",
            FILE));
  }
}
